//! Small discrete logarithms, by baby-step giant-step (D. Shanks, 1971).

use std::collections::HashMap;

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity;

use crate::HeError;

/// Plaintexts of magnitude below 2^32: sums of a million of 12 bits.
pub const RANGE_BITS: u32 = 32;
/// A table of 2^20 entries: 36 MB, and 2^13 giant steps a plaintext.
pub const TABLE_BITS: u32 = 20;

/// Points that are encoded together: one inversion for all of them.
const CHUNK: usize = 256;

/// A table of the multiples of the base point.
pub struct DiscreteLogarithms {
    /// The first eight bytes of the encoding of 2 i B (what is encoded in batches is the double) to i.
    baby_steps: HashMap<u64, u32>,
    range_bits: u32,
    table_bits: u32,
}

impl DiscreteLogarithms {
    /// Finds m for |m| < 2^`range_bits` (1 to 40), in 2^(`range_bits` + 1 - `table_bits`) steps, with a table of 2^`table_bits`
    /// entries (1 to 24, no more than the range has) of 34 bytes each.
    pub fn new(range_bits: u32, table_bits: u32) -> Result<DiscreteLogarithms, HeError> {
        if !(1..=40).contains(&range_bits) || !(1..=24).contains(&table_bits) || table_bits > range_bits {
            return Err(HeError::Shape {
                what: "logarithms have 1 to 40 bits, their table 1 to 24 and no more than they",
            });
        }
        let mut baby_steps = HashMap::with_capacity(1 << table_bits);
        let mut index = 0;
        steps(RistrettoPoint::identity(), RistrettoPoint::mul_base(&Scalar::ONE), 1 << table_bits, |key| {
            baby_steps.insert(key, index);
            index += 1;
        });
        Ok(DiscreteLogarithms { baby_steps, range_bits, table_bits })
    }

    /// m with `point` = m B, if it is in range. All giant steps are taken, wherever m is found.
    pub(crate) fn find(&self, point: &RistrettoPoint) -> Option<i64> {
        let half = 1i64 << self.range_bits;
        let multiple = |m: u64| RistrettoPoint::mul_base(&Scalar::from(m));
        // m + 2^range_bits = giant * 2^table_bits + baby.
        let start = point + multiple(half as u64);
        let stride = -multiple(1 << self.table_bits);
        let mut found = None;
        let mut giant = 0;
        steps(start, stride, 2 << (self.range_bits - self.table_bits), |key| {
            if let Some(baby) = self.baby_steps.get(&key) {
                found = Some(giant << self.table_bits | u64::from(*baby));
            }
            giant += 1;
        });
        // Eight bytes may be the same by chance, and -2^range_bits is one too far.
        found.filter(|m| *m != 0 && multiple(*m) == start).map(|m| m as i64 - half)
    }
}

/// Calls `use_key` with the first bytes of the encoded doubles of start, start + stride, ...; `count` is 2, 4, 8, ...
fn steps(start: RistrettoPoint, stride: RistrettoPoint, count: usize, mut use_key: impl FnMut(u64)) {
    let mut points = Vec::with_capacity(CHUNK);
    let mut point = start;
    for first in (0..count).step_by(CHUNK) {
        points.clear();
        for _ in first..count.min(first + CHUNK) {
            points.push(point);
            point += stride;
        }
        for encoded in RistrettoPoint::double_and_compress_batch(&points) {
            let mut key = [0; 8];
            key.copy_from_slice(&encoded.as_bytes()[..8]);
            use_key(u64::from_le_bytes(key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_all_of_its_range_and_nothing_else() {
        for (range_bits, table_bits) in [(1, 1), (4, 1), (4, 4), (10, 3), (10, 9)] {
            let logarithms = DiscreteLogarithms::new(range_bits, table_bits).unwrap();
            let half = 1i64 << range_bits;
            for m in -2 * half - 3..=2 * half + 3 {
                let sign = if m < 0 { -Scalar::ONE } else { Scalar::ONE };
                let point = RistrettoPoint::mul_base(&(Scalar::from(m.unsigned_abs()) * sign));
                assert_eq!(logarithms.find(&point), (m.abs() < half).then_some(m), "{m} of {range_bits} bits");
            }
        }
    }

    #[test]
    fn sizes_are_bounded() {
        for (range_bits, table_bits) in [(0, 0), (41, 10), (10, 0), (30, 25), (8, 9)] {
            assert!(DiscreteLogarithms::new(range_bits, table_bits).is_err());
        }
    }
}
