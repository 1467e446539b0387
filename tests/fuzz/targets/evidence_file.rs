//! A file that somebody calls evidence: read or refused, in one form alone, and nobody's bytes are accepted.
#![no_main]

use attestation::Evidence;
use libfuzzer_sys::fuzz_target;
use verifier::{Input, Outcome, Roots, appraise};

fuzz_target!(|bytes: &[u8]| {
    let Ok(evidence) = Evidence::from_bytes(bytes) else { return };
    assert_eq!(evidence.to_bytes().expect("what was read can be written"), bytes);
    evidence.to_json();
    let input = Input {
        evidence: bytes,
        reference: None,
        roots: &Roots::default(),
        nonce: &[7; 32],
        now: 0,
        previous: Some(bytes),
        serial: None,
        channel: None,
        activation: None,
        allow_development: true,
    };
    let report = appraise(&input).expect("an evidence is judged");
    assert_ne!(report.outcome(), Outcome::Affirming);
    assert_eq!(report.checks().len(), 15);
    report.html();
    report.ear();
});
