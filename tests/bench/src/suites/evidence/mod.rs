//! What an auditor waits for: one evidence judged, and an audit log of 100,000 lines.

use std::hint::black_box;
use std::time::{SystemTime, UNIX_EPOCH};

use attestation::Quote;
use audit_log::head::{self, SignedHead, Statement};
use audit_log::{Head, Line, Verifier};
use evidence_box::{Machine, Vendor};
use verifier::{Input, Outcome, Roots, appraise};

use super::Bench;
use crate::measure::alone;
use crate::{BenchError, Case, check};

const SUITE: &str = "evidence";
const NONCE: [u8; 32] = [0xa5; 32];
const LINES: u64 = 100_000;
/// Lines between two heads, as auditd has them.
const HEAD_EVERY: u64 = 1000;

pub(super) fn run(bench: &mut Bench) -> Result<(), BenchError> {
    let vendor = Vendor::new();
    let mut machine = Machine::new(&vendor);
    judged(bench, &vendor, &mut machine)?;
    log(bench, &mut machine)
}

fn judged(bench: &mut Bench, vendor: &Vendor, machine: &mut Machine) -> Result<(), BenchError> {
    let bad = |_| BenchError::Wrong { what: "the evidence's own preparation".into() };
    let mut roots = Roots::default();
    roots.add_endorsement_root(machine.root()).map_err(bad)?;
    roots.add_release_key(&vendor.public("release")).map_err(bad)?;
    roots.add_device_record_key(&vendor.public("device-record")).map_err(bad)?;
    let reference = vendor.signed_values(&Vendor::values());
    let evidence = machine.evidence(&NONCE).to_bytes().unwrap_or_default();
    let input = Input {
        evidence: &evidence,
        reference: Some(&reference),
        roots: &roots,
        nonce: &NONCE,
        now: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
        previous: None,
        serial: None,
        channel: None,
        activation: None,
        allow_development: false,
    };
    let found = alone(&bench.plan, || {
        let report = appraise(black_box(&input)).ok();
        check(report.is_some_and(|r| r.outcome() == Outcome::Affirming), "an evidence judged")?;
        Ok(1)
    })?;
    bench.add(Case::rate(SUITE, "evidences judged", 256, "1/s", &found).bounded("50 ms each", 20.0).target(1.0));
    Ok(())
}

fn log(bench: &mut Bench, machine: &mut Machine) -> Result<(), BenchError> {
    let mut chain = Head::default();
    let mut lines = Vec::new();
    let mut add = |chain: &mut Head, source: &str, action: &str, detail| {
        let (line, next) = chain.append(&Line { time: 1_795_000_000, source, client: "alice", action, detail });
        *chain = next;
        lines.push(line);
    };
    let mut heads = 0;
    while chain.seq < LINES {
        add(&mut chain, "computed", "job done", Default::default());
        if chain.seq % HEAD_EVERY == 0 {
            let statement = Statement { number: chain.seq, hash: chain.previous.clone(), heads, losses: 0 };
            let key = machine.attestation.clone();
            let (attest, signature) = machine.tpm.quote(&key, &head::nonce(&statement), 0x0b, &[head::PCR]);
            let pcrs = vec![(head::PCR, machine.tpm.pcr(head::PCR).to_vec())];
            let quote = Quote { attest, signature, attestation_key: key.public, pcrs };
            add(&mut chain, "auditd", head::ACTION, head::detail(&SignedHead { statement, quote }));
            heads += 1;
        }
    }
    let found = alone(&bench.plan, || {
        let mut verifier = Verifier::default();
        let whole = lines.iter().all(|line| verifier.push(line).is_ok());
        check(whole && verifier.finish().covered + HEAD_EVERY > LINES, "an audit log judged")?;
        Ok(lines.len())
    })?;
    let case = Case::rate(SUITE, "lines of an audit log judged", 256, "1/s", &found);
    bench.add(case.bounded("100,000 in 1 s", 100_000.0).target(1.0));
    Ok(())
}
