//! A key context: a modulus, with a base the table of its powers, and a vector of numbers that stay.

use card_csr::{FIXED_BASE_WINDOW, NO_ITEM};
use zeroize::Zeroizing;

use crate::montgomery::Modulus;

/// Entries of one row of a fixed-base table.
const ROW: usize = 1 << FIXED_BASE_WINDOW;
/// Window of exponentiation with a base that comes with the job.
const WINDOW: usize = 5;

pub(crate) struct Context {
    pub(crate) modulus: Modulus,
    table: Option<Table>,
    /// In Montgomery form.
    vector: Zeroizing<Vec<u64>>,
    corrupt: bool,
}

/// Entry k of row j is base ^ (k * 2^(8j)) in Montgomery form.
struct Table {
    powers: Zeroizing<Vec<u64>>,
    exponent_bits: usize,
}

/// The host asked for a reset while something was computed.
pub(crate) struct Cancelled;

impl Context {
    pub(crate) fn new(modulus: Modulus) -> Self {
        Self { modulus, table: None, vector: Zeroizing::default(), corrupt: false }
    }

    /// A bit of the modulus flips; once.
    pub(crate) fn corrupt(&mut self) {
        let mut n = Zeroizing::new(self.modulus.n().to_vec());
        n[0] ^= 2;
        if let Some(modulus) = Modulus::new(&n).filter(|_| !self.corrupt) {
            (self.modulus, self.corrupt) = (modulus, true);
        }
    }

    /// Items of the vector.
    pub(crate) fn loaded(&self) -> usize {
        self.vector.len() / self.modulus.limbs()
    }

    /// Puts items, below the modulus, into the vector from an index on; no further than its end.
    pub(crate) fn load_vector(&mut self, first: usize, items: &mut [u64]) {
        let limbs = self.modulus.limbs();
        items.chunks_exact_mut(limbs).for_each(|item| self.modulus.enter(item));
        let (start, end) = (first * limbs, first * limbs + items.len());
        if self.vector.len() < end {
            self.vector.resize(end, 0);
        }
        self.vector[start..end].copy_from_slice(items);
    }

    /// result = the product of the vector's items at these indices; false if one is out of range.
    pub(crate) fn multiply_accumulate(&mut self, list: &[u64], result: &mut [u64]) -> bool {
        let (limbs, loaded) = (self.modulus.limbs(), self.loaded());
        result.copy_from_slice(self.modulus.one());
        for index in list.iter().flat_map(|pair| [*pair as u32, (pair >> 32) as u32]).filter(|index| *index != NO_ITEM)
        {
            if index as usize >= loaded {
                return false;
            }
            self.modulus.multiply_by(result, &self.vector[index as usize * limbs..][..limbs]);
        }
        self.modulus.leave(result);
        true
    }

    /// Longest exponent that [`Context::fixed_base`] takes; None without a table.
    pub(crate) fn exponent_bits(&self) -> Option<usize> {
        self.table.as_ref().map(|table| table.exponent_bits)
    }

    pub(crate) fn build_table(
        &mut self,
        base: &[u64],
        exponent_bits: usize,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(), Cancelled> {
        let (modulus, limbs) = (&mut self.modulus, base.len());
        let rows = exponent_bits.div_ceil(FIXED_BASE_WINDOW as usize);
        let mut powers = Zeroizing::new(vec![0; rows * ROW * limbs]);
        let mut generator = Zeroizing::new(base.to_vec());
        modulus.enter(&mut generator);
        for row in powers.chunks_exact_mut(ROW * limbs) {
            if cancelled() {
                return Err(Cancelled);
            }
            row[..limbs].copy_from_slice(modulus.one());
            for k in 1..ROW {
                let (done, rest) = row.split_at_mut(k * limbs);
                modulus.multiply(&done[(k - 1) * limbs..], &generator, &mut rest[..limbs]);
            }
            modulus.multiply_by(&mut generator, &row[(ROW - 1) * limbs..]);
        }
        self.table = Some(Table { powers, exponent_bits });
        Ok(())
    }

    /// result = base ^ exponent modulo N; false without a table or if the exponent is longer than it.
    pub(crate) fn fixed_base(&mut self, exponent: &[u64], result: &mut [u64]) -> bool {
        let Some(table) = &self.table else { return false };
        let limbs = result.len();
        let windows = exponent.len() * 64 / FIXED_BASE_WINDOW as usize;
        let over = exponent
            .iter()
            .enumerate()
            .any(|(i, limb)| limb.checked_shr(table.exponent_bits.saturating_sub(i * 64) as u32).unwrap_or(0) != 0);
        if over {
            return false;
        }
        result.copy_from_slice(self.modulus.one());
        for (row, window) in table.powers.chunks_exact(ROW * limbs).zip(0..windows) {
            let digit = exponent[window / 8] >> (window % 8 * 8) & 0xff;
            self.modulus.multiply_by(result, &row[digit as usize * limbs..][..limbs]);
        }
        self.modulus.leave(result);
        true
    }

    /// a = a ^ exponent modulo N, by fixed windows over the exponent's whole width.
    pub(crate) fn power(
        &mut self,
        a: &mut [u64],
        exponent: &[u64],
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(), Cancelled> {
        let (modulus, limbs) = (&mut self.modulus, a.len());
        let mut powers = Zeroizing::new(vec![0; (1 << WINDOW) * limbs]);
        modulus.enter(a);
        powers[..limbs].copy_from_slice(modulus.one());
        for k in 1..1 << WINDOW {
            let (done, rest) = powers.split_at_mut(k * limbs);
            modulus.multiply(&done[(k - 1) * limbs..], a, &mut rest[..limbs]);
        }
        a.copy_from_slice(modulus.one());
        for window in (0..(exponent.len() * 64).div_ceil(WINDOW)).rev() {
            if cancelled() {
                return Err(Cancelled);
            }
            (0..WINDOW).for_each(|_| modulus.square(a));
            let digit = bits(exponent, window * WINDOW);
            modulus.multiply_by(a, &powers[digit * limbs..][..limbs]);
        }
        modulus.leave(a);
        Ok(())
    }
}

/// WINDOW bits of a number from bit `from` on.
fn bits(number: &[u64], from: usize) -> usize {
    let (limb, shift) = (from / 64, from % 64);
    let high = number.get(limb + 1).copied().unwrap_or(0);
    let pair = u128::from(high) << 64 | u128::from(number[limb]);
    (pair >> shift) as usize & ((1 << WINDOW) - 1)
}
