//! An audit log of 100,000 lines, with its signed heads.

use std::hint::black_box;

use attestation::Quote;
use audit_log::head::{self, SignedHead, Statement};
use audit_log::{Head, Line, Verifier};
use evidence_box::Machine;

use super::{BITS, SUITE};
use crate::measure::compare;
use crate::suites::Bench;
use crate::{BenchError, Case, check};

const LINES: u64 = 100_000;
/// Lines between two heads, as auditd has them.
const HEAD_EVERY: u64 = 1000;

pub(super) fn run(bench: &mut Bench, machine: &mut Machine) -> Result<(), BenchError> {
    let lines = lines(machine);
    let found = compare(
        &bench.plan,
        || {
            let mut verifier = Verifier::default();
            let whole = lines.iter().all(|line| verifier.push(line).is_ok());
            check(whole && verifier.finish().covered + HEAD_EVERY > LINES, "an audit log judged")?;
            Ok(lines.len())
        },
        || {
            for line in &lines {
                let _ = black_box(openssl::sha::sha256(black_box(line.as_bytes())));
            }
            Ok(lines.len())
        },
    )?;
    let (name, peer) = ("lines of an audit log judged", "OpenSSL, the lines' hashes alone");
    let rate = Case::rate(SUITE, name, BITS, "1/s", &found.ours);
    bench.add(rate.bounded("100,000 in 1 s", LINES as f64).target(1.0));
    bench.add(Case::rates(SUITE, name, BITS, "1/s", peer, &found));
    Ok(())
}

fn lines(machine: &mut Machine) -> Vec<String> {
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
    lines
}
