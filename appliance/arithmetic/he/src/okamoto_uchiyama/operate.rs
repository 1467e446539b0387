//! Computing on ciphertexts. Factors and weights are public integers. What comes of it must stay in the range of plaintexts, or it
//! does not decrypt.

use engine::{Control, Engine};

use super::{Ciphertexts, PublicKey};
use crate::batch::pow_signed;
use crate::{HeError, tables};

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
        Ok(Ciphertexts(engine.mul(&self.n, &a.0, &b.0, control)?))
    }

    /// Encryptions of the products with factors: one for each element, or one for all.
    pub fn multiply(
        &self,
        engine: &Engine,
        a: &Ciphertexts,
        factors: &[i64],
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        if factors.len() != 1 && factors.len() != a.count() {
            return Err(HeError::Shape { what: "there are not as many factors as elements" });
        }
        Ok(Ciphertexts(pow_signed(engine, &self.n, &a.0, factors, control)?))
    }

    /// Encryptions of the sums of the columns of a table that is `columns` wide.
    pub fn sum_columns(
        &self,
        engine: &Engine,
        table: &Ciphertexts,
        columns: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        Ok(Ciphertexts(tables::sum_columns(engine, &self.n, &table.0, columns, control)?))
    }

    /// Encryptions of the sums of the rows of a table that is `columns` wide.
    pub fn sum_rows(
        &self,
        engine: &Engine,
        table: &Ciphertexts,
        columns: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        Ok(Ciphertexts(tables::sum_rows(engine, &self.n, &table.0, columns, control)?))
    }

    /// As [`crate::PublicKey::plaintext_product`].
    pub fn plaintext_product(
        &self,
        engine: &Engine,
        weights: &[i64],
        table: &Ciphertexts,
        columns: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        Ok(Ciphertexts(tables::plaintext_product(engine, &self.n, weights, &table.0, columns, control)?))
    }

    /// As [`crate::PublicKey::matrix_product`].
    pub fn matrix_product(
        &self,
        engine: &Engine,
        table: &Ciphertexts,
        columns: usize,
        weights: &[i64],
        outputs: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        Ok(Ciphertexts(tables::matrix_product(engine, &self.n, &table.0, columns, weights, outputs, control)?))
    }
}
