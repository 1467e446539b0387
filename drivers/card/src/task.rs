//! What a batch is: the key that it is done under, and what is done with it.

/// What a context is loaded with.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    pub modulus: &'a [u64],
    /// As wide as the modulus; and the longest exponent in bits.
    pub base: Option<(&'a [u64], usize)>,
    /// The resident vector's items, one after another.
    pub vector: &'a [u64],
    /// Leaves modulus and base on the cards for the next batch with the same, until others need the place: they are public.
    pub keep: bool,
}

/// What is done with it, as in the methods of [`LoadedCard`].
#[derive(Clone, Copy, Debug)]
pub enum Task<'a> {
    Modexp { bases: &'a [u64], exponent: &'a [u64] },
    FixedBase { exponents: &'a [u64], exponent_limbs: usize },
    Modmul { a: &'a [u64], b: &'a [u64] },
    MultiplyAccumulate { lists: &'a [u64], list_words: usize },
}

impl Task<'_> {
    /// How many; None if the operands end within an item.
    pub(crate) fn items(&self, limbs: usize) -> Option<usize> {
        let (words, width) = match self {
            Self::Modexp { bases, .. } => (bases.len(), limbs),
            Self::FixedBase { exponents, exponent_limbs } => (exponents.len(), *exponent_limbs),
            Self::Modmul { a, .. } => (a.len(), limbs),
            Self::MultiplyAccumulate { lists, list_words } => (lists.len(), *list_words),
        };
        words.is_multiple_of(width).then(|| words.checked_div(width).unwrap_or(0))
    }
}
