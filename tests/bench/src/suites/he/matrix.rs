//! Matrices of plaintexts times encrypted vectors: the product that vertical learning spends its time in.

use engine::{Engine, unattended};
use he::{Additive, Ciphertexts};
use rug::Integer;

use super::{Bench, FATE, SUITE};
use crate::measure::compare;
use crate::peers::gmp;
use crate::suites::inputs::{self, Keys, WIDTH};
use crate::{BenchError, Case, check};

/// Rows that the peer computes on: it takes them one by one, so that more of them change nothing.
const SAMPLE: usize = 4096;
/// Multiply-adds of one of the peer's calls.
const PEER_BATCH: usize = 256;
/// Different obfuscators in a large encrypted vector.
const OBFUSCATORS: usize = 1024;

pub(super) fn products(bench: &mut Bench, keys: &Keys) -> Result<(), BenchError> {
    let sizes: &[(usize, f64)] = if bench.quick { &[(32_768, 60.0)] } else { &[(32_768, 60.0), (262_144, 80.0)] };
    for (rows, target) in sizes {
        let engine = bench.engine();
        let values = inputs::plaintexts(*rows, &mut gmp::random()?);
        let (vector, sample) = encrypted(&engine, keys, &values)?;
        for outputs in [8, 40] {
            product(bench, keys, &values, &vector, &sample, outputs, *target)?;
        }
    }
    Ok(())
}

fn product(
    bench: &mut Bench,
    keys: &Keys,
    values: &[i64],
    vector: &Ciphertexts,
    sample: &[Integer],
    outputs: usize,
    target: f64,
) -> Result<(), BenchError> {
    let (engine, rows) = (bench.engine(), values.len());
    let scalars = inputs::scalars(outputs * rows, &mut gmp::random()?);
    let ours = || keys.public.plaintext_product(&engine, &scalars, vector, 1, &unattended);
    let clear = keys.private.decrypt(&engine, &keys.public, &ours()?, &unattended)?;
    let dot = |row: &[i64]| row.iter().zip(values).map(|(a, b)| i128::from(*a) * i128::from(*b)).sum::<i128>();
    let expected: Vec<Integer> = scalars.chunks_exact(rows).map(|row| Integer::from(dot(row))).collect();
    check(inputs::decrypted(&clear, keys.public.plaintext_bytes()) == expected, "the product of a matrix")?;
    let mut at = 0;
    let found = compare(
        &bench.plan,
        || Ok(ours()?.count() * rows),
        || {
            at = (at + PEER_BATCH) % (sample.len() - PEER_BATCH + 1);
            std::hint::black_box(keys.peer.dot(&sample[at..at + PEER_BATCH], &scalars[at..at + PEER_BATCH])?);
            Ok(PEER_BATCH)
        },
    )?;
    let name = format!("ct x 24-bit pt + add, N = {rows}, {outputs} columns");
    let note = format!("the peer on {} of the rows", sample.len());
    bench.add(Case::rates(SUITE, name, keys.public.bits(), "1/s", FATE, &found).target_at_2048(target).note(note));
    Ok(())
}

/// An encrypted vector of any length in little time: the plaintexts without obfuscation, times encryptions of zero, of
/// which there are a thousand. And its first elements for the peer.
fn encrypted(engine: &Engine, keys: &Keys, values: &[i64]) -> Result<(Ciphertexts, Vec<Integer>), BenchError> {
    let (public, width) = (&keys.public, keys.public.ciphertext_bytes());
    let zeros = public.encrypt(engine, &[0; OBFUSCATORS * WIDTH], WIDTH, &unattended)?;
    let mut all = Vec::with_capacity(values.len() * width);
    for chunk in values.chunks(OBFUSCATORS) {
        let plain = public.embed(engine, &inputs::bytes(chunk), WIDTH, &unattended)?;
        all.extend(public.add(engine, &plain, &zeros, &unattended)?.to_be());
    }
    let sample = gmp::all_from_be(&all[..SAMPLE * width], width);
    Ok((public.trust(&all)?, sample))
}
