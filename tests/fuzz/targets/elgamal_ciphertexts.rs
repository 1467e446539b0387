//! Ciphertexts from outside: what is accepted is the one encoding of its points.
#![no_main]

use he::elgamal::{Ciphertexts, PublicKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(ciphertexts) = Ciphertexts::from_bytes(data) {
        assert_eq!(ciphertexts.to_bytes(), data);
    }
    if let Ok(key) = PublicKey::from_bytes(data) {
        assert_eq!(key.to_bytes(), data);
    }
});
