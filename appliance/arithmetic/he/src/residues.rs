//! The operators of schemes whose ciphertexts are residues that multiply when their plaintexts add up.

use engine::{Control, Engine, Modulus, MultiExp, Numbers, invert_each, products};

use crate::HeError;
use crate::batch::{quiet, unit};
use crate::operators::{Operators, Places};
use crate::plaintext::Plaintexts;

/// A public key of such a scheme. No name of it leaves this crate: nobody else makes ciphertexts of numbers.
pub trait Residues: Sync {
    type Table: Send + Sync;

    /// Of the ciphertexts.
    fn modulus(&self) -> &Modulus;

    /// Bytes of a plaintext.
    fn plaintext_width(&self) -> usize;

    /// As [`Operators::plaintext_bits`].
    fn room(&self) -> usize;

    fn numbers(table: &Self::Table) -> &Numbers;

    /// What was computed here.
    fn made(numbers: Numbers) -> Self::Table;
}

impl<K: Residues> Operators for K {
    type Ciphertexts = K::Table;

    fn count(ciphertexts: &K::Table) -> usize {
        K::numbers(ciphertexts).count()
    }

    fn factor_bytes(&self) -> usize {
        self.plaintext_width()
    }

    fn plaintext_bits(&self) -> usize {
        self.room()
    }

    fn picked(ciphertexts: &K::Table, indices: &[usize]) -> K::Table {
        K::made(K::numbers(ciphertexts).pick(indices))
    }

    fn joined(ciphertexts: K::Table, others: &K::Table) -> Result<K::Table, HeError> {
        let numbers = K::numbers(&ciphertexts);
        Ok(K::made(numbers.slice(0..numbers.count()).joined(K::numbers(others))?))
    }

    fn sums(&self, engine: &Engine, a: &K::Table, b: &K::Table, control: Control<'_>) -> Result<K::Table, HeError> {
        Ok(K::made(engine.mul(self.modulus(), K::numbers(a), K::numbers(b), control)?))
    }

    fn negatives(&self, engine: &Engine, a: &K::Table, control: Control<'_>) -> Result<K::Table, HeError> {
        let mut out = K::numbers(a).slice(0..K::count(a));
        invert_each(engine.cpu(), self.modulus(), &mut out, control).map_err(unit)?;
        Ok(K::made(out))
    }

    fn multiples(&self, engine: &Engine, a: &K::Table, factor: i64, control: Control<'_>) -> Result<K::Table, HeError> {
        let chain = MultiExp::new(&[factor]);
        Ok(K::made(chain.rows(engine.cpu(), self.modulus(), K::numbers(a), 1, control).map_err(unit)?))
    }

    /// Negative powers share one inversion.
    fn products(
        &self,
        engine: &Engine,
        a: &K::Table,
        factors: &Plaintexts,
        control: Control<'_>,
    ) -> Result<K::Table, HeError> {
        let longest = factors.magnitudes.iter().map(bits).max().unwrap_or(0);
        let modulus = self.modulus();
        let mut out = engine.cpu().pow_each_low(modulus, K::numbers(a), &factors.magnitudes, longest, control)?;
        let negative: Vec<usize> = (0..factors.count()).filter(|i| factors.sign(*i) == 1).collect();
        let mut inverses = out.pick(&negative);
        invert_each(engine.cpu(), modulus, &mut inverses, &quiet(control)).map_err(unit)?;
        for (inverse, i) in inverses.iter().zip(&negative) {
            out.item_mut(*i).copy_from_slice(inverse);
        }
        Ok(K::made(out))
    }

    fn totals(
        &self,
        engine: &Engine,
        table: &K::Table,
        groups_and_terms: (usize, usize),
        at: Places<'_>,
        control: Control<'_>,
    ) -> Result<K::Table, HeError> {
        Ok(K::made(products(engine.cpu(), self.modulus(), K::numbers(table), groups_and_terms, at, control)?))
    }

    fn left_product(
        &self,
        engine: &Engine,
        weights: &[i64],
        table: &K::Table,
        columns: usize,
        control: Control<'_>,
    ) -> Result<K::Table, HeError> {
        let found =
            engine::plaintext_product(engine.cpu(), self.modulus(), K::numbers(table), columns, weights, control);
        Ok(K::made(found.map_err(unit)?))
    }

    fn right_product(
        &self,
        engine: &Engine,
        table: &K::Table,
        columns: usize,
        weights: &[i64],
        outputs: usize,
        control: Control<'_>,
    ) -> Result<K::Table, HeError> {
        let (modulus, table) = (self.modulus(), K::numbers(table));
        let rows = table.count() / columns;
        let mut out = Numbers::zero(modulus.limbs(), rows * outputs);
        for output in 0..outputs {
            let column: Vec<i64> = weights.iter().skip(output).step_by(outputs).copied().collect();
            let plan = MultiExp::new(&column);
            let products = plan.rows(engine.cpu(), modulus, table, columns, control).map_err(unit)?;
            for row in 0..rows {
                out.item_mut(row * outputs + output).copy_from_slice(products.item(row));
            }
        }
        Ok(K::made(out))
    }
}

fn bits(number: &[u64]) -> usize {
    number.iter().rposition(|limb| *limb != 0).map_or(0, |i| (i + 1) * 64 - number[i].leading_zeros() as usize)
}
