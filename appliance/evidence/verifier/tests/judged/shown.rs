//! What people and programs are shown.

use attestation::evidence::QUOTED_PCRS;
use evidence_box::{Machine, Made, Start, Vendor};
use verifier::{Input, Outcome, Subject, appraise};

use crate::support::{Auditor, NONCE};

#[test]
fn what_a_box_says_is_text_in_the_report_and_nothing_is_said_that_was_not_proven() {
    let vendor = Vendor::new();
    let mut machine = Machine::new(&vendor);
    let mut start = Start::recorded();
    start.own.push((15, "<script>alert('1')</script>&\"=".into()));
    machine.restart(start);
    let auditor = Auditor::of(&machine, vendor);
    let bytes = machine.evidence(&NONCE).to_bytes().unwrap();
    let report = auditor.judge(&bytes).unwrap();
    assert_eq!(report.outcome(), Outcome::Unknown);
    let page = report.html();
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"), "{page}");
    // Check 10 was not passed: nothing about the image is claimed, and what stands on other checks is.
    let claimed = |subject| report.claims().iter().any(|claim| claim.subject == subject);
    assert!(claimed(Subject::Serial) && !claimed(Subject::Release) && !claimed(Subject::Volume));
    let ear = report.ear();
    assert_eq!(
        (&ear["ear_status"], &ear["submods"]["coffer"]["ear_trustworthiness_vector"]["executables"]),
        (&"none".into(), &0.into())
    );

    // Without the nonce nothing is claimed at all, and the result has none that the TPM did not sign.
    let other = appraise(&Input { nonce: &[3; 32], ..auditor.input(&bytes) }).unwrap();
    assert!(other.claims().is_empty() && other.nonce().is_empty());
    assert_eq!(other.ear()["eat_nonce"], "");
    assert!(other.html().contains("Nothing is proven."));
}

#[test]
fn the_same_inputs_give_the_same_report() {
    let vendor = Vendor::new();
    let mut machine = Machine::new(&vendor);
    let auditor = Auditor::of(&machine, vendor);
    let made = Made { nonce: NONCE.into(), bank: 0x0b, pcrs: QUOTED_PCRS.into() };
    let bytes = machine.evidence_of(&made).to_bytes().unwrap();
    let [first, second] = [(); 2].map(|()| auditor.judge(&bytes).unwrap());
    assert_eq!((first.html(), first.ear()), (second.html(), second.ear()));
    let key = auditor.vendor.private("auditor");
    assert_eq!(first.ear_jwt(&key).unwrap(), second.ear_jwt(&key).unwrap());
    assert!(first.ear_jwt("no key").is_err());
}

/// It is to be read in an afternoon.
#[test]
fn the_verifier_is_short() {
    fn lines(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .map(
                |path| {
                    if path.is_dir() { lines(&path) } else { std::fs::read_to_string(path).unwrap().lines().count() }
                },
            )
            .sum()
    }
    let found = lines(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!((1000..=2500).contains(&found), "{found}");
}
