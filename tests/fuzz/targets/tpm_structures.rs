//! What a TPM is said to have made: read or refused.
#![no_main]

use attestation::{Attest, EndorsementPublic, KeyPublic, Quote, verify};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Attest::read(bytes);
    let _ = KeyPublic::read(bytes);
    let _ = EndorsementPublic::read(bytes);
    let (first, rest) = bytes.split_at(bytes.len() / 2);
    let quote = Quote {
        attest: first.into(),
        signature: rest.into(),
        attestation_key: rest.into(),
        pcrs: vec![(11, first.into())],
    };
    assert!(verify(&quote, &[7; 32], &[11]).is_err());
});
