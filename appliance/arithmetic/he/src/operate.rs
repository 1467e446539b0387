//! Computing on ciphertexts. Weights are public integers.

use engine::{Control, Engine, MultiExp, Numbers, invert_each};

use crate::batch::unit;
use crate::plaintext::Plaintexts;
use crate::{Ciphertexts, HeError, PublicKey, tables};

impl PublicKey {
    /// Encryptions of the sums, element by element.
    pub fn add(
        &self,
        engine: &Engine,
        a: &Ciphertexts,
        b: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        if a.count() != b.count() {
            return Err(HeError::Shape { what: "the summands differ in number" });
        }
        Ok(Ciphertexts(engine.mul(&self.n_squared, &a.0, &b.0, control)?))
    }

    /// Encryptions of the numbers times -1.
    pub fn negate(&self, engine: &Engine, a: &Ciphertexts, control: Control<'_>) -> Result<Ciphertexts, HeError> {
        let mut out = a.0.slice(0..a.count());
        invert_each(engine.cpu(), &self.n_squared, &mut out, control).map_err(unit)?;
        Ok(Ciphertexts(out))
    }

    /// Encryptions of the products with `factors`: one for each element, or one for all. The factors are no secret.
    pub fn multiply(
        &self,
        engine: &Engine,
        a: &Ciphertexts,
        factors: &[i64],
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        if let [factor] = factors {
            let chain = MultiExp::new(&[*factor]);
            return Ok(Ciphertexts(chain.rows(engine.cpu(), &self.n_squared, &a.0, 1, control).map_err(unit)?));
        }
        let bytes: Vec<u8> = factors.iter().flat_map(|f| f.to_be_bytes()).collect();
        self.multiply_wide(engine, a, &bytes, 8, control)
    }

    /// Encryptions of the products with one factor for each element: two's complement big-endian integers of `width` bytes,
    /// at most as wide as n. The time depends on the longest factor and on which are negative.
    pub fn multiply_wide(
        &self,
        engine: &Engine,
        a: &Ciphertexts,
        factors: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let factors = Plaintexts::any(factors, width, self.plaintext_bytes())?;
        if factors.count() != a.count() {
            return Err(HeError::Shape { what: "there are not as many factors as elements" });
        }
        let longest = factors.magnitudes.iter().map(bits).max().unwrap_or(0);
        let modulus = &self.n_squared;
        let mut out = engine.cpu().pow_each_low(modulus, &a.0, &factors.magnitudes, longest, control)?;
        let negative: Vec<usize> = (0..factors.count()).filter(|i| factors.sign(*i) == 1).collect();
        let mut inverses = Numbers::zero(modulus.limbs(), negative.len());
        for (k, i) in negative.iter().enumerate() {
            inverses.item_mut(k).copy_from_slice(out.item(*i));
        }
        invert_each(engine.cpu(), modulus, &mut inverses, &|_| control(0)).map_err(unit)?;
        for (k, i) in negative.iter().enumerate() {
            out.item_mut(*i).copy_from_slice(inverses.item(k));
        }
        Ok(Ciphertexts(out))
    }

    /// Encryptions of the sums of the columns of a table that is `columns` wide.
    pub fn sum_columns(
        &self,
        engine: &Engine,
        table: &Ciphertexts,
        columns: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        Ok(Ciphertexts(tables::sum_columns(engine, &self.n_squared, &table.0, columns, control)?))
    }

    /// Encryptions of the sums of the rows of a table that is `columns` wide.
    pub fn sum_rows(
        &self,
        engine: &Engine,
        table: &Ciphertexts,
        columns: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        Ok(Ciphertexts(tables::sum_rows(engine, &self.n_squared, &table.0, columns, control)?))
    }

    /// Encryption of the product of a plaintext matrix, one row of `weights` for each output, with a table of ciphertexts,
    /// `columns` wide: outputs x columns. This is X^T [[d]] of vertical regression. `control` hears of outputs.
    pub fn plaintext_product(
        &self,
        engine: &Engine,
        weights: &[i64],
        table: &Ciphertexts,
        columns: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        Ok(Ciphertexts(tables::plaintext_product(engine, &self.n_squared, weights, &table.0, columns, control)?))
    }

    /// Encryption of the matrix product of a table, `columns` wide, with `weights`, row by row `outputs` wide. `control`
    /// hears of each row once an output.
    pub fn matrix_product(
        &self,
        engine: &Engine,
        table: &Ciphertexts,
        columns: usize,
        weights: &[i64],
        outputs: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        Ok(Ciphertexts(tables::matrix_product(engine, &self.n_squared, &table.0, columns, weights, outputs, control)?))
    }
}

fn bits(number: &[u64]) -> usize {
    number.iter().rposition(|limb| *limb != 0).map_or(0, |i| (i + 1) * 64 - number[i].leading_zeros() as usize)
}
