//! What an honest box shows.

use evidence_box::{Machine, Start, Vendor};
use verifier::{Input, Outcome, Subject, appraise};

use crate::support::{Auditor, NONCE};

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
