//! Batches of points by one secret scalar, and of secret items hashed to the group.

use curve_lanes::{Scalar, Unit, hash_and_multiply, multiply, x25519_batch};

use super::{ITEMS, Operation, Words, random, words};

/// Words of a scalar before it is reduced, and of what is hashed to one point.
const UNIFORM: usize = 8;

pub(crate) fn operations(unit: Unit) -> Vec<Operation> {
    let us: Vec<[u8; 32]> = (0..ITEMS).map(|_| bytes(&random(4))).collect();
    let uniform: Vec<[u8; 64]> = (0..ITEMS).map(|_| bytes(&random(UNIFORM))).collect();
    let points = hash_and_multiply(unit, &scalar(&random(UNIFORM)), &uniform);
    vec![
        on("X25519 of a batch", 4, 0, move |secrets| words(&x25519_batch(unit, &bytes(&secrets[0]), &us).concat())),
        on("ristretto255, a batch of points", UNIFORM, 0, move |secrets| {
            words(&multiply(unit, &scalar(&secrets[0]), &points).unwrap().concat())
        }),
        on("ristretto255, a batch of hashed items", UNIFORM, ITEMS * UNIFORM, move |secrets| {
            let uniform: Vec<[u8; 64]> = secrets[1].chunks_exact(UNIFORM).map(bytes).collect();
            words(&hash_and_multiply(unit, &scalar(&secrets[0]), &uniform).concat())
        }),
    ]
}

/// Random words against ones: a scalar of zeros is none.
fn on(name: &'static str, scalar: usize, items: usize, run: impl Fn(&[Words]) -> Words + 'static) -> Operation {
    Operation {
        name,
        fresh: Box::new(move || vec![random(scalar), random(items)]),
        fixed: Box::new(move || vec![vec![1; scalar], vec![1; items]]),
        run: Box::new(run),
    }
}

fn scalar(words: &[u64]) -> Scalar {
    Scalar::from_uniform_bytes(&bytes(words))
}

fn bytes<const N: usize>(words: &[u64]) -> [u8; N] {
    let mut bytes = [0; N];
    for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}
