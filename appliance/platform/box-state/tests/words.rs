//! Every code has its words in both languages, the handbook's page is the words', and the table of states has every combination.

use std::collections::BTreeSet;
use std::path::Path;

use box_state::{BoxState, Code, Event, Language, Reason, Severity, Situation, TABLE, handbook};

#[test]
fn every_code_has_its_words() {
    let mut said = BTreeSet::new();
    for code in Code::ALL {
        for (words, language) in [(code.english(), Language::English), (code.chinese(), Language::Chinese)] {
            assert!(said.insert(words.happened), "{code} has the words of another");
            for text in [words.happened, words.safe, words.next] {
                assert!(text.chars().count() >= 5 && text.len() < 300, "{code}: {text}");
                assert_eq!(text.is_ascii(), language == Language::English, "{code}: {text}");
                assert!(text.ends_with(['.', '。', '}']), "{code}: {text}");
            }
            let said = Reason::new(*code).detail("DETAIL").happened(language);
            assert_eq!(said.contains("DETAIL"), words.happened.contains("{}"), "{code}");
        }
        assert_eq!(code.english().happened.contains("{}"), code.chinese().happened.contains("{}"), "{code}");
    }
}

#[test]
fn the_handbook_has_the_same_words() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/handbook/codes.md");
    let found = std::fs::read_to_string(&path).unwrap();
    assert!(found == handbook::page(), "cargo run -p box-state --example codes > docs/handbook/codes.md");
}

#[test]
fn the_table_has_every_combination_once() {
    let all: BTreeSet<_> = TABLE.iter().map(|row| (row.open, row.provisioned, row.troubled)).collect();
    assert_eq!((all.len(), TABLE.len()), (8, 8));
}

/// Every order of the events that there are leads to the state that the facts have.
#[test]
fn only_the_open_volume_unlocks() {
    let degraded = || Event::Appeared(Reason::new(Code::NoAddress));
    let events = [
        Event::Provisioned(true),
        Event::Provisioned(false),
        degraded(),
        Event::Gone(Code::NoAddress, String::new()),
        Event::Appeared(Reason::new(Code::TpmAbsent)),
        Event::Appeared(Reason::new(Code::RecoveryKeyNotConfirmed)),
    ];
    for first in &events {
        for second in &events {
            let mut situation = Situation::default();
            situation.take(first.clone());
            situation.take(second.clone());
            assert_eq!(situation.state(), BoxState::Locked);
            situation.take(Event::Opened);
            assert_ne!(situation.state(), BoxState::Locked);
            assert!(situation.reasons().all(|reason| reason.code().severity() != Severity::Locks));
            // A notice makes no box degraded.
            situation.take(Event::Provisioned(true));
            let expected = if situation.has(Code::NoAddress) { BoxState::Degraded } else { BoxState::Operational };
            assert_eq!(situation.state(), expected);
        }
    }
}

#[test]
fn a_reason_comes_once_and_goes() {
    let mut situation = Situation::default();
    situation.take(Event::Opened);
    let reason = |service: &str| Event::Appeared(Reason::new(Code::ServiceTrouble).about(service).detail("why"));
    assert!(situation.take(reason("keyd")) && !situation.take(reason("keyd")) && situation.take(reason("auditd")));
    assert_eq!(situation.state(), BoxState::Degraded);
    assert!(situation.take(Event::Gone(Code::ServiceTrouble, "keyd".into())));
    assert_eq!(situation.state(), BoxState::Degraded);
    situation.take(Event::Gone(Code::ServiceTrouble, "auditd".into()));
    assert_eq!(situation.state(), BoxState::Operational);
    // Whoever floods it with subjects fills a bounded place.
    for number in 0..1000 {
        situation.take(reason(&format!("s{number}")));
    }
    assert!(situation.reasons().count() <= 64);
    // Nothing locks an open box.
    situation.take(Event::Appeared(Reason::new(Code::NoDataDisk)));
    assert!(!situation.has(Code::NoDataDisk));
}
