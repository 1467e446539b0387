//! Which unit is what, and how large things are: all that follows from the two sizes.

use party::{FRAME_MAX, Found, ProtocolError, Unit};

use crate::item::ITEM;
use crate::terms::Terms;

/// Statistical security against two different items with one dual, in bits.
const STATISTICAL: u32 = 40;

/// Units, in their order: gathering, sizes, batches, lists, the gate, numbers, rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Gather,
    Sizes,
    Batch(u32),
    List(u32),
    Gate,
    Numbers(u32),
    Rows,
}

/// What follows from the sizes of both sides, padding included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) own: u64,
    pub(crate) theirs: u64,
    batch: usize,
    pile: usize,
    /// Piles of duals.
    pub(crate) piles: u32,
    /// Bytes of a dual.
    pub(crate) dual: usize,
}

impl Layout {
    pub(crate) fn new(terms: &Terms, own: u64, theirs: u64) -> Layout {
        let bits = |items: u64| u64::BITS - items.saturating_sub(1).leading_zeros();
        let dual = (STATISTICAL + bits(own) + bits(theirs)).div_ceil(8) as usize;
        let (batch, pile) = (terms.batch.clamp(1, Terms::BATCH), terms.pile.clamp(1, Terms::PILE));
        // Sizes are below 2^40: see `check_size`.
        let piles = own.max(theirs).div_ceil(pile as u64).max(1) as u32;
        Layout { own, theirs, batch, pile, piles, dual: dual.min(ITEM) }
    }

    /// The last part that there is depends on what is revealed: who reads this knows.
    pub(crate) fn part(&self, unit: Unit) -> Part {
        let (batches, piles) = (self.batches(), self.piles);
        match unit.0 {
            0 => Part::Gather,
            1 => Part::Sizes,
            n if n - 2 < batches => Part::Batch(n - 2),
            n if n - 2 - batches < piles => Part::List(n - 2 - batches),
            n if n - 2 - batches == piles => Part::Gate,
            n if n - 3 - batches - piles < piles => Part::Numbers(n - 3 - batches - piles),
            _ => Part::Rows,
        }
    }

    pub(crate) fn unit(&self, part: Part) -> Unit {
        let (batches, piles) = (self.batches(), self.piles);
        Unit(match part {
            Part::Gather => 0,
            Part::Sizes => 1,
            Part::Batch(k) => 2 + k,
            Part::List(p) => 2 + batches + p,
            Part::Gate => 2 + batches + piles,
            Part::Numbers(p) => 3 + batches + piles + p,
            Part::Rows => 3 + batches + 2 * piles,
        })
    }

    /// Batches of the larger side.
    pub(crate) fn batches(&self) -> u32 {
        self.own.max(self.theirs).div_ceil(self.batch as u64) as u32
    }

    /// Items of a side's batch; 0 past its last.
    pub(crate) fn batch_len(&self, items: u64, k: u32) -> usize {
        items.saturating_sub(u64::from(k) * self.batch as u64).min(self.batch as u64) as usize
    }

    /// Which batch an item is in, and where.
    pub(crate) fn place(&self, index: u64) -> (u32, u32) {
        ((index / self.batch as u64) as u32, (index % self.batch as u64) as u32)
    }

    /// Entries that a pile of digests never exceeds: more than ten standard deviations above the mean.
    pub(crate) fn pile_max(&self) -> usize {
        pile_max(self.pile)
    }

    /// Bytes of an item's number.
    pub(crate) fn number(items: u64) -> usize {
        (u64::BITS - items.saturating_sub(1).leading_zeros()).div_ceil(8).max(1) as usize
    }

    /// Rows that are put in order together.
    pub(crate) fn ranks(&self) -> u64 {
        self.pile as u64
    }
}

pub(crate) fn pile_max(pile: usize) -> usize {
    pile + 10 * pile.isqrt() + 64
}

/// A side's size, against the contract, and against what frames and numbers can hold.
pub(crate) fn check_size(terms: &Terms, items: u64) -> Result<(), Found> {
    let at_most = terms.max_items.min(1 << 40);
    if items > at_most { Err(Found::TooLarge { found: items, at_most }) } else { Ok(()) }
}

/// Terms that no frame could carry are nobody's.
pub(crate) fn check_terms(terms: &Terms) -> Result<(), ProtocolError> {
    let largest = (terms.batch * ITEM).max(pile_max(terms.pile) * 20);
    if terms.batch == 0 || terms.pile == 0 || terms.key.is_empty() || largest > FRAME_MAX - 64 {
        return Err(ProtocolError::fault("terms without columns, or with batches or piles that no frame holds"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terms::tests::terms;

    #[test]
    fn units_and_parts_are_the_same() {
        let layout = Layout::new(&terms(), 11, 3);
        let parts: Vec<Part> = (0..layout.unit(Part::Rows).0 + 1).map(|unit| layout.part(Unit(unit))).collect();
        for (unit, part) in parts.iter().enumerate() {
            assert_eq!(layout.unit(*part), Unit(unit as u32), "{part:?}");
        }
        assert_eq!((layout.batches(), layout.piles), (3, 3));
        assert_eq!([0, 1, 2, 3].map(|k| layout.batch_len(11, k)), [4, 4, 3, 0]);
    }

    #[test]
    fn duals_are_long_enough() {
        let dual = |own, theirs| Layout::new(&terms(), own, theirs).dual;
        assert_eq!(
            [dual(1, 1), dual(1 << 20, 1 << 20), dual(10_000_000, 10_000_000), dual(1 << 40, 1 << 40)],
            [5, 10, 11, 15]
        );
        assert_eq!([1, 256, 257, 10_000_000].map(Layout::number), [1, 1, 2, 3]);
    }
}
