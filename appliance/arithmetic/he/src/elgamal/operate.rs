//! Computing on ciphertexts. Factors and weights are public integers. What comes of it must stay in the range of the logarithms that
//! decryption knows, or it does not decrypt.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul;
use engine::{Control, Engine};

use super::keys::scalar;
use super::{Ciphertexts, PublicKey};
use crate::HeError;
use crate::batch::map;
use crate::tables::{product_rows, rows_of};

impl PublicKey {
    /// Encryptions of the sums, element by element. `control` hears of each once.
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
        let sum = |i: usize| [a.0[i][0] + b.0[i][0], a.0[i][1] + b.0[i][1]];
        Ok(Ciphertexts(map(engine, a.count(), control, sum)?))
    }

    /// Encryptions of the products with factors: one for each element, or one for all. `control` hears of each once.
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
        let product = |i: usize| {
            let factor = scalar(factors[i % factors.len()]);
            a.0[i].map(|point| point * factor)
        };
        Ok(Ciphertexts(map(engine, a.count(), control, product)?))
    }

    /// Encryptions of the sums of the columns of a table that is `columns` wide. `control` hears of columns.
    pub fn sum_columns(
        &self,
        engine: &Engine,
        table: &Ciphertexts,
        columns: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        rows_of(table.count(), columns)?;
        let sum = |column: usize| total(table.0[column..].iter().step_by(columns));
        Ok(Ciphertexts(map(engine, columns, control, sum)?))
    }

    /// Encryptions of the sums of the rows of a table that is `columns` wide. `control` hears of rows.
    pub fn sum_rows(
        &self,
        engine: &Engine,
        table: &Ciphertexts,
        columns: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let rows = rows_of(table.count(), columns)?;
        let sum = |row: usize| total(table.0[row * columns..][..columns].iter());
        Ok(Ciphertexts(map(engine, rows, control, sum)?))
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
        let rows = rows_of(table.count(), columns)?;
        if rows == 0 || !weights.len().is_multiple_of(rows) {
            return Err(HeError::Shape { what: "the weights' shape does not fit the table's" });
        }
        let product = |i: usize| {
            let (output, column) = (i / columns, i % columns);
            let weights = weights[output * rows..][..rows].iter();
            weighted(weights, table.0[column..].iter().step_by(columns))
        };
        Ok(Ciphertexts(map(engine, weights.len() / rows * columns, control, product)?))
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
        let rows = product_rows(table.count(), columns, weights.len(), outputs)?;
        let product = |i: usize| {
            let (row, output) = (i / outputs, i % outputs);
            let weights = weights[output..].iter().step_by(outputs);
            weighted(weights, table.0[row * columns..][..columns].iter())
        };
        Ok(Ciphertexts(map(engine, rows * outputs, control, product)?))
    }
}

fn total<'a>(pairs: impl Iterator<Item = &'a [RistrettoPoint; 2]> + Clone) -> [RistrettoPoint; 2] {
    [0, 1].map(|half| pairs.clone().map(|pair| pair[half]).sum())
}

/// Weights and ciphertexts are public: this takes as long as they want.
fn weighted<'a>(
    weights: impl Iterator<Item = &'a i64>,
    pairs: impl Iterator<Item = &'a [RistrettoPoint; 2]> + Clone,
) -> [RistrettoPoint; 2] {
    let scalars: Vec<Scalar> = weights.map(|w| scalar(*w)).collect();
    [0, 1].map(|half| RistrettoPoint::vartime_multiscalar_mul(&scalars, pairs.clone().map(|pair| pair[half])))
}
