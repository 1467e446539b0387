//! What a lying box, a thief of a disk, or somebody on the way could show instead: each is refused, and for its own reason.
//!
//! Where the box lies, its own TPM signs the lie (`lie`): so nothing but the check that is named stands against it.

mod rest;
mod system;
mod tpm;

use attestation::Evidence;
use attestation::evidence::QUOTED_PCRS;
use evidence_box::{Machine, Made, Start, Vendor};
use verifier::{Input, Report, Unusable, appraise};

use crate::support::{Auditor, NONCE};

struct Court {
    machine: Machine,
    /// Another machine, of the same vendor.
    stranger: Machine,
    auditor: Auditor,
    refused: Vec<String>,
    wrong: Vec<String>,
}

impl Court {
    fn new() -> Court {
        let vendor = Vendor::new();
        let (machine, stranger) = (Machine::new(&vendor), Machine::new(&vendor));
        let auditor = Auditor::of(&machine, vendor);
        Court { machine, stranger, auditor, refused: Vec::new(), wrong: Vec::new() }
    }

    /// What the box makes of this, certified to the last byte.
    fn lie(&mut self, change: impl FnOnce(&mut Evidence)) -> Evidence {
        let made = Made { nonce: NONCE.into(), bank: 0x0b, pcrs: QUOTED_PCRS.into() };
        let mut evidence = self.machine.open_evidence(&made);
        change(&mut evidence);
        self.machine.seal(&mut evidence);
        evidence
    }

    /// The same after another start.
    fn start(&mut self, change: impl FnOnce(&mut Start)) -> Evidence {
        let mut start = Start::recorded();
        change(&mut start);
        self.machine.restart(start);
        self.lie(|_| {})
    }

    fn refuse(&mut self, what: &str, evidence: &Evidence, check: u8, code: &str) {
        self.refuse_with(what, evidence, |_| {}, check, code);
    }

    fn refuse_with(
        &mut self,
        what: &str,
        evidence: &Evidence,
        change: impl for<'a> FnOnce(&mut Input<'a>),
        check: u8,
        code: &str,
    ) {
        let bytes = evidence.to_bytes().unwrap();
        let mut input = self.auditor.input(&bytes);
        change(&mut input);
        let report = appraise(&input);
        self.expect(what, report, check, code);
    }

    fn expect(&mut self, what: &str, report: Result<Report, Unusable>, check: u8, code: &str) {
        let reasons: Vec<(u8, String)> = match &report {
            Ok(report) => report.reasons().into_iter().map(|(number, reason)| (number, reason.code())).collect(),
            Err(e) => vec![(0, format!("{e:?}"))],
        };
        if reasons.first().map(|(n, c)| (*n, c.as_str())) != Some((check, code)) {
            self.wrong.push(format!("{what}: expected {check} {code}, found {reasons:?}"));
        }
        self.refused.push(what.into());
    }
}

#[test]
fn each_altered_evidence_is_refused_for_its_own_reason() {
    let mut court = Court::new();
    tpm::signed(&mut court);
    tpm::whose(&mut court);
    tpm::quoted(&mut court);
    system::logged(&mut court);
    system::started(&mut court);
    rest::times(&mut court);
    rest::channel(&mut court);
    rest::vendor(&mut court);
    rest::whole(&mut court);
    // The court itself is fair.
    court.machine.restart(Start::recorded());
    let honest = court.lie(|_| {}).to_bytes().unwrap();
    assert_eq!(court.auditor.judge(&honest).unwrap().reasons(), vec![]);
    // From here on the TPM can't say for an hour that its clock is safe.
    court.machine.power_cut(Start::recorded());
    let cut = court.lie(|_| {});
    court.refuse("a clock that may have gone back", &cut, 12, "ClockUnsafe");
    assert!(court.wrong.is_empty(), "{:#?}", court.wrong);
    let mut names = court.refused.clone();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), court.refused.len(), "two have the same name");
    assert!(names.len() >= 40, "{}", names.len());
}
