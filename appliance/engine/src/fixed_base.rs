//! Powers of one base: a table of multiples of its exponent's windows, used with no branch on the exponent.

use std::sync::{Arc, OnceLock};

use zeroize::Zeroizing;

use crate::montgomery::{select, window};
use crate::{EngineError, Modulus, Numbers};

/// Bits of exponent for each multiplication. 32 entries are scanned in a small part of a multiplication's time.
const WINDOW: usize = 5;
/// Room above the longest exponent, so that sums of up to 2^32 exponents can be used too (see [`crate::verify`]).
const HEADROOM: usize = 32;

/// A base, its modulus and the longest exponent; the table is made when it is first needed.
pub struct FixedBase {
    modulus: Arc<Modulus>,
    base: Vec<u64>,
    exponent_bits: usize,
    /// Entry k of row j is base ^ (k * 2^(5j)) in Montgomery form.
    table: OnceLock<Zeroizing<Vec<u64>>>,
}

impl FixedBase {
    pub fn new(modulus: Arc<Modulus>, base: &[u64], exponent_bits: usize) -> Result<FixedBase, EngineError> {
        if !modulus.contains(base) {
            return Err(EngineError::NotReduced { index: 0 });
        }
        Ok(FixedBase { base: base.to_vec(), exponent_bits, modulus, table: OnceLock::new() })
    }

    pub fn modulus(&self) -> &Modulus {
        &self.modulus
    }

    pub fn base(&self) -> &[u64] {
        &self.base
    }

    pub fn exponent_bits(&self) -> usize {
        self.exponent_bits
    }

    /// Multiplications for one power.
    pub(crate) fn cost(&self) -> usize {
        self.exponent_bits.div_ceil(WINDOW)
    }

    /// Multiplications to make the table, if it is not there.
    pub(crate) fn table_cost(&self) -> usize {
        if self.table.get().is_some() { 0 } else { self.rows() << WINDOW }
    }

    pub(crate) fn check(&self, exponents: &Numbers) -> Result<(), EngineError> {
        let bits = self.exponent_bits;
        let fits = |e: &[u64]| {
            let over = |(i, limb): (usize, &u64)| {
                let room = bits.saturating_sub(i * 64);
                if room >= 64 { 0 } else { limb >> room }
            };
            e.iter().enumerate().map(over).fold(0, |a, b| a | b) == 0
        };
        match exponents.iter().position(|e| !fits(e)) {
            Some(index) => Err(EngineError::LongExponent { index, bits }),
            None => Ok(()),
        }
    }

    /// out = base ^ exponent, plain; for exponents of at most `exponent_bits` + 32 bits.
    pub fn pow(&self, exponent: &[u64], out: &mut [u64]) {
        let table = self.table.get_or_init(|| self.build());
        let limbs = self.modulus.limbs();
        let mut entry = Zeroizing::new(vec![0; limbs]);
        let mut power = Zeroizing::new(self.modulus.one().to_vec());
        let mut scratch = Zeroizing::new(vec![0; limbs]);
        let rows = (exponent.len() * 64).div_ceil(WINDOW);
        for (j, row) in table.chunks_exact(limbs << WINDOW).take(rows).enumerate() {
            select(row, window(exponent, j * WINDOW, WINDOW), &mut entry);
            self.modulus.mont_mul(&power, &entry, &mut scratch);
            std::mem::swap(&mut *power, &mut *scratch);
        }
        self.modulus.leave(&power, out);
    }

    fn rows(&self) -> usize {
        (self.exponent_bits + HEADROOM).div_ceil(WINDOW)
    }

    fn build(&self) -> Zeroizing<Vec<u64>> {
        let (modulus, limbs) = (&self.modulus, self.modulus.limbs());
        let mut table = Zeroizing::new(vec![0; self.rows() * (limbs << WINDOW)]);
        let mut generator = Zeroizing::new(vec![0; limbs]);
        modulus.enter(&self.base, &mut generator);
        let mut next = Zeroizing::new(vec![0; limbs]);
        for row in table.chunks_exact_mut(limbs << WINDOW) {
            row[..limbs].copy_from_slice(modulus.one());
            for k in 1..1 << WINDOW {
                let (done, rest) = row.split_at_mut(k * limbs);
                modulus.mont_mul(&done[(k - 1) * limbs..], &generator, &mut rest[..limbs]);
            }
            modulus.mont_mul(&row[((1 << WINDOW) - 1) * limbs..], &generator, &mut next);
            std::mem::swap(&mut *generator, &mut *next);
        }
        table
    }
}
