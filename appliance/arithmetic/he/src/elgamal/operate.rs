//! Ciphertexts: pairs of points, which add up.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, VartimeMultiscalarMul};
use engine::{Control, Engine};
use zeroize::Zeroizing;

use super::keys::{check_range, scalar};
use super::{Ciphertexts, PublicKey, RANGE_BITS};
use crate::batch::{map, quiet};
use crate::operators::{Operators, Places};
use crate::plaintext::Plaintexts;
use crate::{Additive, HeError};

/// `control` hears of each result once.
impl Operators for PublicKey {
    type Ciphertexts = Ciphertexts;

    fn count(ciphertexts: &Ciphertexts) -> usize {
        ciphertexts.count()
    }

    fn factor_bytes(&self) -> usize {
        8
    }

    fn plaintext_bits(&self) -> usize {
        RANGE_BITS as usize
    }

    fn picked(ciphertexts: &Ciphertexts, indices: &[usize]) -> Ciphertexts {
        Ciphertexts(indices.iter().map(|i| ciphertexts.0[*i]).collect())
    }

    fn joined(ciphertexts: Ciphertexts, others: &Ciphertexts) -> Result<Ciphertexts, HeError> {
        Ok(Ciphertexts([ciphertexts.0.as_slice(), &others.0].concat()))
    }

    fn sums(
        &self,
        engine: &Engine,
        a: &Ciphertexts,
        b: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        each(engine, a.count(), control, |i| [a.0[i][0] + b.0[i][0], a.0[i][1] + b.0[i][1]])
    }

    fn negatives(&self, engine: &Engine, a: &Ciphertexts, control: Control<'_>) -> Result<Ciphertexts, HeError> {
        each(engine, a.count(), control, |i| a.0[i].map(|point| -point))
    }

    fn multiples(
        &self,
        engine: &Engine,
        a: &Ciphertexts,
        factor: i64,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let factor = scalar(factor);
        each(engine, a.count(), control, |i| a.0[i].map(|point| point * factor))
    }

    fn products(
        &self,
        engine: &Engine,
        a: &Ciphertexts,
        factors: &Plaintexts,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        each(engine, a.count(), control, |i| {
            let magnitude = Scalar::from(factors.magnitudes.item(i)[0]);
            let factor = if factors.sign(i) == 1 { -magnitude } else { magnitude };
            a.0[i].map(|point| point * factor)
        })
    }

    fn totals(
        &self,
        engine: &Engine,
        table: &Ciphertexts,
        (groups, terms): (usize, usize),
        at: Places<'_>,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        each(engine, groups, control, |group| {
            [0, 1].map(|half| (0..terms).map(|term| table.0[at(group, term)][half]).sum())
        })
    }

    fn left_product(
        &self,
        engine: &Engine,
        weights: &[i64],
        table: &Ciphertexts,
        columns: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let rows = table.count() / columns;
        each(engine, weights.len() / rows * columns, control, |i| {
            let (output, column) = (i / columns, i % columns);
            let weights = weights[output * rows..][..rows].iter();
            weighted(weights, table.0[column..].iter().step_by(columns))
        })
    }

    fn right_product(
        &self,
        engine: &Engine,
        table: &Ciphertexts,
        columns: usize,
        weights: &[i64],
        outputs: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        each(engine, table.count() / columns * outputs, control, |i| {
            let (row, output) = (i / outputs, i % outputs);
            let weights = weights[output..].iter().step_by(outputs);
            weighted(weights, table.0[row * columns..][..columns].iter())
        })
    }
}

impl Additive for PublicKey {
    /// Two encoded points.
    fn ciphertext_bytes(&self) -> usize {
        Ciphertexts::BYTES
    }

    /// An encoding says by itself whether it is one.
    fn accept(&self, _: &Engine, data: &[u8]) -> Result<Ciphertexts, HeError> {
        Ciphertexts::from_bytes(data)
    }

    fn trust(&self, data: &[u8]) -> Result<Ciphertexts, HeError> {
        Ciphertexts::from_bytes(data)
    }

    fn encoded(&self, ciphertexts: &Ciphertexts) -> Vec<u8> {
        ciphertexts.to_bytes()
    }

    /// Magnitudes below 2^32, in at most 8 bytes, in constant time.
    fn encrypt(
        &self,
        engine: &Engine,
        plaintexts: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let plaintexts = findable(plaintexts, width)?;
        let zeros = self.zeros(engine, plaintexts.len(), control)?;
        let sum = |(m, [first, second]): (&i64, [RistrettoPoint; 2])| [first, second + multiple(*m)];
        Ok(Ciphertexts(plaintexts.iter().zip(zeros).map(sum).collect()))
    }

    /// (0, m B).
    fn embed(
        &self,
        engine: &Engine,
        plaintexts: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let plaintexts = findable(plaintexts, width)?;
        each(engine, plaintexts.len(), control, |i| [RistrettoPoint::identity(), multiple(plaintexts[i])])
    }

    fn obfuscate(
        &self,
        engine: &Engine,
        ciphertexts: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let zeros = Ciphertexts(self.zeros(engine, ciphertexts.count(), control)?);
        self.sums(engine, ciphertexts, &zeros, &quiet(control))
    }
}

/// Plaintexts that have a logarithm which decryption finds.
fn findable(plaintexts: &[u8], width: usize) -> Result<Zeroizing<Vec<i64>>, HeError> {
    if !(1..=8).contains(&width) || !plaintexts.len().is_multiple_of(width) {
        return Err(HeError::PlaintextWidth { bytes: width });
    }
    let integer = |chunk: &[u8]| {
        let value = chunk.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        let unused = 64 - 8 * width as u32;
        (value << unused).cast_signed() >> unused
    };
    let integers = Zeroizing::new(plaintexts.chunks_exact(width).map(integer).collect::<Vec<i64>>());
    check_range(&integers, RANGE_BITS)?;
    Ok(integers)
}

/// m B, in constant time.
fn multiple(m: i64) -> RistrettoPoint {
    RistrettoPoint::mul_base(&Zeroizing::new(scalar(m)))
}

fn each(
    engine: &Engine,
    count: usize,
    control: Control<'_>,
    pair: impl Fn(usize) -> [RistrettoPoint; 2] + Sync,
) -> Result<Ciphertexts, HeError> {
    Ok(Ciphertexts(map(engine, count, control, pair)?))
}

/// Weights and ciphertexts are public: this takes as long as they want.
fn weighted<'a>(
    weights: impl Iterator<Item = &'a i64>,
    pairs: impl Iterator<Item = &'a [RistrettoPoint; 2]> + Clone,
) -> [RistrettoPoint; 2] {
    let scalars: Vec<Scalar> = weights.map(|w| scalar(*w)).collect();
    [0, 1].map(|half| RistrettoPoint::vartime_multiscalar_mul(&scalars, pairs.clone().map(|pair| pair[half])))
}
