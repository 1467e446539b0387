//! Points a second on one core, against curve25519-dalek's, one by one.

use std::hint::black_box;

use curve_lanes::{Scalar, Unit, hash_and_multiply, multiply, x25519_batch};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::{MontgomeryPoint, Scalar as Integer};

use super::{Bench, SUITE};
use crate::measure::compare;
use crate::{BenchError, Case, check};

/// Sixteen groups of eight: a block that shares an inversion.
const BATCH: usize = 128;
/// What the peer does at once.
const PEERS: usize = 16;
const DALEK: &str = "curve25519-dalek, one by one";

pub(super) fn run(bench: &mut Bench) -> Result<(), BenchError> {
    let secret: [u8; 32] = random()?;
    let integer = Integer::from_bytes_mod_order_wide(&random()?);
    let scalar = Scalar::from_canonical_bytes(&integer.to_bytes());
    let scalar = scalar.ok_or_else(|| BenchError::Wrong { what: "a random scalar".into() })?;
    let mut us = Vec::new();
    let mut uniform = Vec::new();
    for _ in 0..BATCH {
        us.push(random::<32>()?);
        uniform.push(random::<64>()?);
    }
    let unit = Unit::fastest();
    x25519(bench, unit, &secret, &us)?;
    let points = hash_and_multiply(unit, &scalar, &uniform);
    let their_multiple = |point: &[u8; 32]| {
        let point = CompressedRistretto(*point).decompress().unwrap_or_default();
        (point * integer).compress().to_bytes()
    };
    let ours = multiply(unit, &scalar, &points).map_err(|_| BenchError::Wrong { what: "own points".into() })?;
    check(ours.iter().zip(&points).all(|(ours, point)| *ours == their_multiple(point)), "multiples of points")?;
    let found = compare(
        &bench.plan,
        || {
            _ = black_box(multiply(unit, &scalar, &points));
            Ok(BATCH)
        },
        || {
            points[..PEERS].iter().for_each(|point| _ = black_box(their_multiple(point)));
            Ok(PEERS)
        },
    )?;
    let what = "ristretto255: decode, multiply, encode, batches of 128";
    bench.add(noted(Case::rates(SUITE, what, 255, "1/s", DALEK, &found).target(6.0), unit));

    let their_hash = |uniform: &[u8; 64]| (RistrettoPoint::from_uniform_bytes(uniform) * integer).compress().to_bytes();
    check(points.iter().zip(&uniform).all(|(ours, uniform)| *ours == their_hash(uniform)), "hashed points")?;
    let found = compare(
        &bench.plan,
        || {
            black_box(hash_and_multiply(unit, &scalar, &uniform));
            Ok(BATCH)
        },
        || {
            uniform[..PEERS].iter().for_each(|uniform| _ = black_box(their_hash(uniform)));
            Ok(PEERS)
        },
    )?;
    let what = "ristretto255: from uniform bytes, multiply, encode, batches of 128";
    bench.add(noted(Case::rates(SUITE, what, 255, "1/s", DALEK, &found), unit));
    Ok(())
}

fn x25519(bench: &mut Bench, unit: Unit, secret: &[u8; 32], us: &[[u8; 32]]) -> Result<(), BenchError> {
    let theirs = |u: &[u8; 32]| MontgomeryPoint(*u).mul_clamped(*secret).to_bytes();
    check(x25519_batch(unit, secret, us).iter().zip(us).all(|(ours, u)| *ours == theirs(u)), "X25519")?;
    let found = compare(
        &bench.plan,
        || {
            black_box(x25519_batch(unit, secret, us));
            Ok(us.len())
        },
        || {
            us[..PEERS].iter().for_each(|u| _ = black_box(theirs(u)));
            Ok(PEERS)
        },
    )?;
    bench.add(noted(Case::rates(SUITE, "X25519, batches of 128", 255, "1/s", DALEK, &found).target(11.0), unit));
    Ok(())
}

fn noted(case: Case, unit: Unit) -> Case {
    case.note(format!("the unit {}", unit.name()))
}

fn random<const N: usize>() -> Result<[u8; N], BenchError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| BenchError::Peer { what: "no randomness" })?;
    Ok(bytes)
}
