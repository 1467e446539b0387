//! The operators of a scheme's ciphertexts, on shapes that fit: [`crate::Additive`] checks them, and is what others call.

use engine::{Control, Engine};

use crate::HeError;
use crate::plaintext::Plaintexts;

/// For each group and each of its terms, the term's place in a table.
pub(crate) type Places<'a> = &'a (dyn Fn(usize, usize) -> usize + Sync);

/// Not for others than this crate's keys.
pub trait Operators: Sync {
    type Ciphertexts: Send + Sync;

    fn count(ciphertexts: &Self::Ciphertexts) -> usize;

    /// Of the widest factor: a plaintext's.
    fn factor_bytes(&self) -> usize;

    /// Integers of magnitude below 2 to the power of this are plaintexts.
    fn plaintext_bits(&self) -> usize;

    /// Copies of those at these indices.
    fn picked(ciphertexts: &Self::Ciphertexts, indices: &[usize]) -> Self::Ciphertexts;

    /// These, then others under the same key.
    fn joined(ciphertexts: Self::Ciphertexts, others: &Self::Ciphertexts) -> Result<Self::Ciphertexts, HeError>;

    /// Pair by pair.
    fn sums(
        &self,
        engine: &Engine,
        a: &Self::Ciphertexts,
        b: &Self::Ciphertexts,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError>;

    fn negatives(
        &self,
        engine: &Engine,
        a: &Self::Ciphertexts,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError>;

    /// All times one factor.
    fn multiples(
        &self,
        engine: &Engine,
        a: &Self::Ciphertexts,
        factor: i64,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError>;

    /// Each times its factor.
    fn products(
        &self,
        engine: &Engine,
        a: &Self::Ciphertexts,
        factors: &Plaintexts,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError>;

    /// The sums of groups that have as many terms each.
    fn totals(
        &self,
        engine: &Engine,
        table: &Self::Ciphertexts,
        groups_and_terms: (usize, usize),
        at: Places<'_>,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError>;

    /// Weights times table.
    fn left_product(
        &self,
        engine: &Engine,
        weights: &[i64],
        table: &Self::Ciphertexts,
        columns: usize,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError>;

    /// Table times weights, `outputs` wide.
    fn right_product(
        &self,
        engine: &Engine,
        table: &Self::Ciphertexts,
        columns: usize,
        weights: &[i64],
        outputs: usize,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError>;
}
