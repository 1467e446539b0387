//! Encoded messages of any content and moduli of any length: none verifies, none panics.
#![no_main]

use he::fuzzing::pss_verify;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((bits, em)) = data.split_first() else { return };
    if em.len() >= 256 {
        let bits = em.len() * 8 - usize::from(bits % 8) - 1;
        assert!(!pss_verify(em, bits, b"a message"));
    }
});
