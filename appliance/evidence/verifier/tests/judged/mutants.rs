//! Real evidence with damage: no mutant is accepted. Ten thousand of them, a million with COFFER_LONG=yes.

use std::ops::Range;

use attestation::Evidence;
use evidence_box::{Machine, Vendor};
use fastrand::Rng;
use verifier::Outcome;

use crate::support::{Auditor, NONCE};

#[test]
fn no_mutant_of_a_real_evidence_is_accepted() {
    let long = std::env::var("COFFER_LONG").is_ok_and(|v| v == "yes");
    let count: u64 = if long { 1_000_000 } else { 10_000 };
    let vendor = Vendor::new();
    let mut machine = Machine::new(&vendor);
    let auditor = Auditor::of(&machine, vendor);
    let real = machine.evidence(&NONCE).to_bytes().unwrap();
    let other = machine.evidence(&[1; 32]).to_bytes().unwrap();
    assert_eq!(auditor.judge(&real).unwrap().outcome(), Outcome::Affirming);
    let workers = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let judged: u64 = std::thread::scope(|scope| {
        let share = |worker: u64| worker * count / workers..(worker + 1) * count / workers;
        let work = |seeds: Range<u64>| {
            let (auditor, real, other) = (&auditor, &real, &other);
            scope.spawn(move || seeds.filter(|seed| refused(auditor, real, other, *seed)).count() as u64)
        };
        let handles: Vec<_> = (0..workers).map(|worker| work(share(worker))).collect();
        handles.into_iter().map(|h| h.join().unwrap()).sum()
    });
    // Half of them are whole files with one part that is another, and get as far as the checks.
    assert!(judged > count / 3, "{judged} of {count} got to the checks");
}

/// Whether it could be judged at all.
fn refused(auditor: &Auditor, real: &[u8], other: &[u8], seed: u64) -> bool {
    let mut random = Rng::with_seed(seed);
    let mutant =
        if seed.is_multiple_of(2) { damaged(real, other, &mut random) } else { changed(real, other, &mut random) };
    if mutant == real {
        return false;
    }
    let report = auditor.judge(&mutant);
    let accepted = report.as_ref().is_ok_and(|r| r.outcome() == Outcome::Affirming);
    assert!(!accepted, "mutant {seed} was accepted");
    report.is_ok()
}

/// The file's bytes.
fn damaged(real: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut bytes = real.to_vec();
    for _ in 0..random.usize(1..4) {
        let at = random.usize(..bytes.len());
        let length = random.usize(1..64).min(bytes.len() - at);
        match random.u8(..6) {
            0 => bytes[at] ^= 1 << random.u8(..8),
            1 => bytes[at] = random.u8(..),
            2 => drop(bytes.drain(at..at + length)),
            3 => bytes.splice(at..at, vec![random.u8(..); length]).for_each(drop),
            4 => {
                let end = bytes.len() - length;
                bytes.copy_within(at..at + length, end);
            }
            _ => {
                let from = at.min(other.len() - length);
                bytes[at..at + length].copy_from_slice(&other[from..from + length]);
            }
        }
    }
    bytes
}

/// A part of it, in a file that is whole.
fn changed(real: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8> {
    let read = |bytes: &[u8]| Evidence::from_bytes(bytes).unwrap();
    let (mut evidence, mut other) = (read(real), read(other));
    let (mut mine, theirs) = (parts(&mut evidence), parts(&mut other));
    let which = random.usize(..mine.len());
    let part = &mut *mine[which];
    let at = random.usize(..part.len());
    match random.u8(..5) {
        0 | 1 => part[at] ^= 1 << random.u8(..8),
        2 => part.truncate(at),
        3 => part.insert(at, random.u8(..)),
        _ => part.clone_from(theirs[which]),
    }
    match random.u8(..20) {
        0 => evidence.floor = None,
        1 => evidence.service_key = None,
        2 => evidence.said.clock ^= 1 << random.u8(..30),
        3 => evidence.said.version.push('x'),
        4 => evidence.pcrs.values_mut().for_each(|value| value[31] ^= 1),
        _ => {}
    }
    evidence.to_bytes().unwrap_or_default()
}

fn parts(evidence: &mut Evidence) -> Vec<&mut Vec<u8>> {
    let service = evidence.service_key.as_mut().unwrap();
    let floor = evidence.floor.as_mut().unwrap();
    vec![
        &mut evidence.nonce,
        &mut evidence.attestation_key,
        &mut evidence.quote.attest,
        &mut evidence.quote.signature,
        &mut evidence.firmware_log,
        &mut evidence.own_log,
        evidence.endorsement.key.as_mut().unwrap(),
        evidence.endorsement.certificate.as_mut().unwrap(),
        evidence.device_record.as_mut().unwrap(),
        &mut service.public,
        &mut service.certified.attest,
        &mut service.certified.signature,
        &mut service.certificate,
        &mut floor.attest,
        &mut floor.signature,
    ]
}
