//! How a product with a plaintext matrix is done: the method that takes the fewest multiplications, within bounds of memory.

use std::ops::Range;

use crate::cpu::Cpu;
use crate::matrix::weights::Weights;
use crate::modulus::Modulus;

/// Numbers of all pools together, in bytes, that one thread may hold.
const POOL_MAX: usize = 48 << 20;
const BUCKET_BITS_MAX: usize = 13;
const TABLE_BITS_MAX: usize = 8;

/// Whose method it is: see [`crate::plaintext_product`].
#[derive(Clone, Copy)]
pub(crate) enum Method {
    Pippenger,
    Straus,
}

/// How a product is done.
pub(crate) struct Plan {
    pub(crate) method: Method,
    /// Bits of exponent that are looked at together.
    pub(crate) width: usize,
    /// Parts that the rows are cut into.
    pub(crate) slices: usize,
}

impl Plan {
    pub(crate) fn new(cpu: &Cpu, modulus: &Modulus, weights: &Weights<'_>, columns: usize) -> Plan {
        let (lanes, pairs) = (cpu.unit().lanes(), weights.outputs() * columns);
        let mut best = (u64::MAX, Plan { method: Method::Straus, width: 1, slices: 1 });
        for slices in (0..20).map(|s| 1 << s).take_while(|s| *s == 1 || weights.rows / s >= 32) {
            let groups = (pairs * slices).div_ceil(lanes).div_ceil(cpu.threads());
            let rows = weights.rows.div_ceil(slices);
            for (method, width, cost) in Plan::choices(modulus, weights.bits, rows, lanes) {
                let cost = (groups * cost) as u64;
                if cost < best.0 {
                    best = (cost, Plan { method, width, slices });
                }
            }
        }
        best.1
    }

    /// Multiplications for one group of lanes.
    fn choices(
        modulus: &Modulus,
        bits: usize,
        rows: usize,
        lanes: usize,
    ) -> impl Iterator<Item = (Method, usize, usize)> {
        let fits = move |numbers: usize| numbers * (modulus.limbs() * 8 * 5 / 4) <= POOL_MAX;
        let buckets = (1..=BUCKET_BITS_MAX).filter(move |w| fits(lanes << w));
        let pippenger = move |w: usize| (Method::Pippenger, w, bits.div_ceil(w) * (rows + (2 << w)) + bits);
        let tables = (1..=TABLE_BITS_MAX).filter(move |w| fits(rows << w));
        let straus = move |w: usize| (Method::Straus, w, bits.div_ceil(w) * rows + bits + (rows << w) / lanes);
        buckets.map(pippenger).chain(tables.map(straus))
    }

    pub(crate) fn rows(&self, slice: usize, rows: usize) -> Range<usize> {
        let share = rows.div_ceil(self.slices);
        (slice * share).min(rows)..((slice + 1) * share).min(rows)
    }
}
