//! The exponents of a plaintext matrix, which are public and of any sign.

use std::ops::Range;

/// Exponents, and each output's offset that makes them all non-negative.
pub(crate) struct Weights<'a> {
    weights: &'a [i64],
    pub(crate) rows: usize,
    /// The smallest exponent of each output, at most 0.
    pub(crate) offsets: Vec<i64>,
    /// Bits of the largest exponent less its offset.
    pub(crate) bits: usize,
}

impl Weights<'_> {
    pub(crate) fn new(weights: &[i64], rows: usize) -> Weights<'_> {
        let offset = |row: &[i64]| row.iter().copied().min().unwrap_or(0).min(0);
        let offsets: Vec<i64> = weights.chunks_exact(rows).map(offset).collect();
        let mut weights = Weights { weights, rows, offsets, bits: 0 };
        let every = (0..weights.outputs()).flat_map(|o| (0..rows).map(move |r| (o, r)));
        weights.bits = every.map(|(o, r)| 64 - weights.exponent(o, r).leading_zeros() as usize).max().unwrap_or(0);
        weights
    }

    pub(crate) fn outputs(&self) -> usize {
        self.offsets.len()
    }

    /// `width` bits of the exponent of a lane's row; 0 beyond its rows.
    pub(crate) fn digit(&self, lane: &Lane, row: usize, from: usize, width: usize) -> usize {
        if row >= lane.rows.len() {
            return 0;
        }
        (self.exponent(lane.output, lane.rows.start + row) >> from) as usize & ((1 << width) - 1)
    }

    pub(crate) fn exponent(&self, output: usize, row: usize) -> u64 {
        self.weights[output * self.rows + row].abs_diff(self.offsets[output])
    }
}

/// One lane's work.
pub(crate) struct Lane {
    pub(crate) output: usize,
    pub(crate) column: usize,
    pub(crate) rows: Range<usize>,
}
