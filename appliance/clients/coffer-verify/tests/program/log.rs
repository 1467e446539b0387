//! Audit logs: whole ones, and what somebody did to them.

use std::fs;
use std::time::Instant;

use attestation::Quote;
use audit_log::head::{self, SignedHead, Statement};
use audit_log::{Head, Line};
use evidence_box::Machine;

use crate::support::{Desk, NONCE, text};

pub(crate) struct Log {
    chain: Head,
    pub(crate) lines: Vec<String>,
    heads: u64,
}

impl Log {
    pub(crate) fn new() -> Log {
        Log { chain: Head::default(), lines: Vec::new(), heads: 0 }
    }

    pub(crate) fn add(&mut self, action: &str) {
        self.append("computed", action, Default::default());
    }

    fn append(&mut self, source: &str, action: &str, detail: serde_json::Map<String, serde_json::Value>) {
        let (line, next) = self.chain.append(&Line { time: 1, source, client: "alice", action, detail });
        self.lines.push(line);
        self.chain = next;
    }

    /// A head that the box's TPM signs.
    pub(crate) fn sign(&mut self, machine: &mut Machine) {
        let statement =
            Statement { number: self.chain.seq, hash: self.chain.previous.clone(), heads: self.heads, losses: 0 };
        let key = machine.attestation.clone();
        let (attest, signature) = machine.tpm.quote(&key, &head::nonce(&statement), 0x0b, &[head::PCR]);
        let pcrs = vec![(head::PCR, machine.tpm.pcr(head::PCR).to_vec())];
        let quote = Quote { attest, signature, attestation_key: key.public, pcrs };
        self.append("auditd", head::ACTION, head::detail(&SignedHead { statement, quote }));
        self.heads += 1;
    }
}

#[test]
fn it_names_what_happened_to_a_log_and_where() {
    let mut desk = Desk::new();
    let mut log = Log::new();
    for round in 0..3 {
        (0..5).for_each(|n| log.add(&format!("job {round} {n}")));
        log.sign(&mut desk.machine);
    }
    let mut evidence = desk.machine.evidence(&NONCE);
    evidence.said.audit_head = log.lines.last().cloned();
    desk.machine.seal(&mut evidence);
    fs::write(desk.path("evidence.cbor"), evidence.to_bytes().unwrap()).unwrap();
    let judge = |lines: &[String], more: &[&str]| {
        fs::write(desk.path("log"), lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        let output = desk.program().args(["log", "log"]).args(more).output().unwrap();
        (output.status.code(), text(&output))
    };
    let found = |lines: &[String], more: &[&str], words: &str| {
        let (status, text) = judge(lines, more);
        assert_eq!(status, Some(1), "{words}: {text}");
        assert!(text.contains(words), "{words}: {text}");
    };
    let whole = log.lines.clone();
    let with_evidence = ["--evidence", "evidence.cbor"];
    for more in [&[][..], &with_evidence] {
        let (status, text) = judge(&whole, more);
        assert_eq!(status, Some(0), "{text}");
        assert!(text.contains("lines 0 to 17") && text.contains("lines below 17 are covered"), "{text}");
    }
    let change = |edit: &dyn Fn(&mut Vec<String>)| {
        let mut lines = whole.clone();
        edit(&mut lines);
        lines
    };
    found(&change(&|l| l[7] = l[7].replace("job 1 1", "job 1 9")), &[], "CHANGED: line 7 ");
    found(&change(&|l| drop(l.drain(7..9))), &[], "DROPPED: lines 7 to 8 are missing");
    found(&change(&|l| l.swap(7, 8)), &[], "SWAPPED: line 7 ");
    found(&change(&|l| l.insert(8, l[7].clone())), &[], "REPEATED: line 7 ");
    found(&change(&|l| l[17].truncate(40)), &[], "CUT: the last line, number 17");
    found(&change(&|l| l[7] = "x".into()), &[], "CHANGED: where line 7 should be");
    found(&change(&|l| l.truncate(9)), &with_evidence, "TRUNCATED: it ends before line 9, and there were 17 at least");
    found(&[], &[], "there are no lines");

    fs::write(desk.path("earlier"), whole.join("\n")).unwrap();
    let earlier = ["--earlier", "earlier"];
    assert_eq!(judge(&whole, &earlier).0, Some(0));
    found(&whole[..12], &earlier, "TRUNCATED: it ends before line 12, and there were 18 at least");
    // Written anew from line 8 on, as whoever has the box's disk and not its TPM can.
    let mut other = Log::new();
    (0..20).for_each(|n| other.add(&format!("job {} {n}", n / 8)));
    found(&other.lines, &earlier, "FORKED: up to line");
    found(&other.lines, &with_evidence, "FORKED: up to line 17");
}

/// The number that is promised is in docs/performance.md; this only finds a check that has become quadratic.
#[test]
fn a_long_log_takes_no_longer_than_its_lines() {
    let mut desk = Desk::new();
    let mut log = Log::new();
    for n in 0..100_000 {
        log.add("job done");
        if n % 1000 == 0 {
            log.sign(&mut desk.machine);
        }
    }
    fs::write(desk.path("log"), log.lines.join("\n")).unwrap();
    let started = Instant::now();
    let output = desk.program().args(["log", "log"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
