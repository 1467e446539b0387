//! Residues and exponents from outside.
#![no_main]

use he::encoding::Encoded;
use he::encoding::phe::{Encoder, Precision};
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

fuzz_target!(|data: (Vec<u8>, Vec<i32>, i32)| {
    let (residues, exponents, lower) = data;
    let Ok(encoder) = Encoder::new(&[255; 32]) else { return };
    let encoded = Encoded { residues: Zeroizing::new(residues), exponents };
    let _ = encoder.decode(&encoded);
    let _ = encoder.decrease_exponents_to(&encoded, lower);
    if let Ok(floats) = encoder.decode_floats(&encoded)
        && let Ok(again) = encoder.encode_floats(&floats, &Precision::default())
    {
        assert_eq!(encoder.decode_floats(&again).ok(), Some(floats));
    }
});
