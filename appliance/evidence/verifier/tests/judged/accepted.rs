//! What an honest box shows.

use evidence_box::{Machine, Start, Vendor};
use verifier::{Input, Outcome, Report, Roots, Subject, Verdict, appraise};

use crate::support::{Auditor, NONCE};

/// A client that has nothing of the vendor's and of the TPM's maker knows whether it talks to the TPM that it knew, and no more.
#[test]
fn without_reference_values_and_roots_nothing_is_wrong_and_little_is_proven() {
    let vendor = Vendor::new();
    let mut machine = Machine::new(&vendor);
    let auditor = Auditor::of(&machine, vendor);
    let evidence = machine.evidence(&NONCE);
    let certificate = evidence.service_key.as_ref().unwrap().certificate.clone();
    let stranger = Machine::new(&Vendor::new()).evidence(&NONCE).service_key.unwrap().certificate;
    let bytes = evidence.to_bytes().unwrap();
    let roots = Roots::default();
    let bare = Input { reference: None, roots: &roots, channel: Some(&certificate), ..auditor.input(&bytes) };
    let report = appraise(&bare).unwrap();
    let passed = |report: &Report| -> Vec<u8> {
        report.checks().iter().filter(|c| c.verdict == Verdict::Pass).map(|c| c.number).collect()
    };
    assert_eq!((report.outcome(), passed(&report)), (Outcome::Unknown, vec![1, 2, 3, 4, 8, 9, 10]));
    assert!(report.claims().iter().all(|c| c.subject != Subject::Release && c.subject != Subject::Serial));
    assert!(report.claims().iter().any(|c| c.subject == Subject::AttestationKey));
    // What is wrong without them is found without them.
    let report = appraise(&Input { channel: Some(&stranger), ..bare }).unwrap();
    assert_eq!(report.checks()[12].verdict, Verdict::Fail(verifier::Reason::ChannelOther));
    machine.restart(Start::recorded());
    let later = machine.evidence(&NONCE).to_bytes().unwrap();
    let report = appraise(&Input { previous: Some(&later), channel: None, ..bare }).unwrap();
    assert_eq!(report.outcome(), Outcome::Contraindicated, "an evidence from before the earlier one");
}

#[test]
fn an_honest_box_is_accepted_and_says_what_it_is() {
    let vendor = Vendor::new();
    let mut machine = Machine::new(&vendor);
    let auditor = Auditor::of(&machine, vendor);
    let evidence = machine.evidence(&NONCE).to_bytes().unwrap();
    let report = auditor.judge(&evidence).unwrap();
    assert_eq!((report.outcome(), report.reasons()), (Outcome::Affirming, vec![]));
    let claim = |subject| report.claims().iter().find(|c| c.subject == subject).map(|c| c.value.as_str());
    assert_eq!(claim(Subject::Serial), Some("CF-0001"));
    assert_eq!(claim(Subject::Release), Some("0.1.0 (release)"));
    assert_eq!((claim(Subject::Floor), claim(Subject::SecurityVersion)), (Some("2"), Some("3")));
    assert_eq!(report.nonce(), NONCE);
    // An hour and three starts later, with this one as the earlier evidence.
    machine.restart(Start::recorded());
    let later = machine.evidence(&NONCE).to_bytes().unwrap();
    let report = appraise(&Input { previous: Some(&evidence), ..auditor.input(&later) }).unwrap();
    assert_eq!((report.outcome(), report.reasons()), (Outcome::Affirming, vec![]));
}
