//! What both sides agreed on, and signed: equal on both.

use party::{Role, Suite};

use crate::key::KeyColumn;

#[derive(Clone, Debug)]
pub struct Terms {
    pub suite: Suite,
    /// The columns that make up the key, in their order. Names may differ between the sides; the rest may not.
    pub key: Vec<KeyColumn>,
    pub duplicates: Duplicates,
    pub recipient: Recipient,
    pub reveal: Reveal,
    /// Fewer items in common than this, and nothing but their number is revealed.
    pub min_intersection: u64,
    /// More in common than so many thousandths of either side's items, and nothing but their number is revealed.
    pub max_thousandths: u64,
    /// Whether sizes are rounded up to 1, 2 or 5 times a power of ten, with random items.
    pub pad: bool,
    /// Items that a side may have at most, padding included.
    pub max_items: u64,
    /// Points of a frame: at most [`Terms::BATCH`].
    pub batch: usize,
    /// Entries of a pile, in the mean: at most [`Terms::PILE`].
    pub pile: usize,
}

/// What becomes of rows with the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// The job ends, and names a row.
    Refuse,
    /// The first of them counts.
    First,
}

/// Who learns what is in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    One(Role),
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reveal {
    /// Which of the own rows the other side has too.
    Rows,
    /// How many.
    Count,
}

impl Terms {
    /// 512 KiB of points.
    pub const BATCH: usize = 1 << 14;
    pub const PILE: usize = 1 << 15;

    pub fn receives(&self, role: Role) -> bool {
        match self.recipient {
            Recipient::One(one) => one == role,
            Recipient::Both => true,
        }
    }

    /// Items that the other side sees of so many.
    pub fn padded(&self, items: u64) -> u64 {
        if !self.pad {
            return items;
        }
        let powers = std::iter::successors(Some(1u64), |power| power.checked_mul(10));
        let rounds = powers.flat_map(|power| [1, 2, 5].map(|factor| power.saturating_mul(factor)));
        rounds.into_iter().find(|round| *round >= items).unwrap_or(items)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::normalize::Normalization;

    /// So small that a few items make several batches and piles.
    pub(crate) fn terms() -> Terms {
        Terms {
            suite: Suite::Ristretto255,
            key: vec![KeyColumn { name: "id".into(), normalization: Normalization::Trim }],
            duplicates: Duplicates::Refuse,
            recipient: Recipient::Both,
            reveal: Reveal::Rows,
            min_intersection: 0,
            max_thousandths: 1000,
            pad: false,
            max_items: 1 << 40,
            batch: 4,
            pile: 4,
        }
    }

    #[test]
    fn sizes_are_rounded_up() {
        let terms = Terms { pad: true, ..terms() };
        assert_eq!([0, 1, 3, 5, 6, 20, 21, 10_000_001].map(|n| terms.padded(n)), [1, 1, 5, 5, 10, 20, 50, 20_000_000]);
    }
}
