//! Computing on ciphertexts. Weights are public integers.

use engine::{Control, Engine, EngineError, MultiExp, Numbers, column_products, invert_all};

use crate::{Ciphertexts, HeError, PublicKey};

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

    /// Encryptions of the products with `factors`: one for each element, or one for all.
    pub fn multiply(
        &self,
        engine: &Engine,
        a: &Ciphertexts,
        factors: &[i64],
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let portable = engine.portable();
        if let [factor] = factors {
            return Ok(Ciphertexts(MultiExp::new(&[*factor]).rows(portable, &self.n_squared, &a.0, 1, control)?));
        }
        if factors.len() != a.count() {
            return Err(HeError::Shape { what: "there are not as many factors as elements" });
        }
        let modulus = &self.n_squared;
        let mut out = Numbers::zero(modulus.limbs(), a.count());
        portable.fill(&mut out, control, |i, c| power(modulus, a.0.item(i), factors[i].unsigned_abs(), c))?;
        let negative: Vec<usize> = (0..factors.len()).filter(|i| factors[*i] < 0).collect();
        let mut inverses = Numbers::zero(modulus.limbs(), negative.len());
        for (k, i) in negative.iter().enumerate() {
            inverses.item_mut(k).copy_from_slice(out.item(*i));
        }
        invert_all(modulus, &mut inverses).map_err(unit)?;
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
        Ok(Ciphertexts(column_products(engine.portable(), &self.n_squared, &table.0, columns, control)?))
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
        if columns == 0 || outputs == 0 || !table.count().is_multiple_of(columns) || weights.len() != columns * outputs
        {
            return Err(HeError::Shape { what: "the weights' shape does not fit the table's" });
        }
        let rows = table.count() / columns;
        let mut out = Numbers::zero(self.n_squared.limbs(), rows * outputs);
        for output in 0..outputs {
            let column: Vec<i64> = weights.iter().skip(output).step_by(outputs).copied().collect();
            let plan = MultiExp::new(&column);
            let products = plan.rows(engine.portable(), &self.n_squared, &table.0, columns, control).map_err(unit)?;
            for row in 0..rows {
                out.item_mut(row * outputs + output).copy_from_slice(products.item(row));
            }
        }
        Ok(Ciphertexts(out))
    }
}

/// out = base ^ exponent for a public exponent, plain numbers.
fn power(modulus: &engine::Modulus, base: &[u64], exponent: u64, out: &mut [u64]) {
    let limbs = modulus.limbs();
    let mut entered = vec![0; limbs];
    modulus.enter(base, &mut entered);
    let mut scratch = vec![0; limbs];
    let mut product = modulus.one().to_vec();
    for bit in (0..64 - exponent.leading_zeros()).rev() {
        modulus.mont_mul(&product, &product, &mut scratch);
        std::mem::swap(&mut product, &mut scratch);
        if exponent >> bit & 1 == 1 {
            modulus.mont_mul(&product, &entered, &mut scratch);
            std::mem::swap(&mut product, &mut scratch);
        }
    }
    modulus.leave(&product, out);
}

fn unit(error: EngineError) -> HeError {
    match error {
        EngineError::NotInvertible => HeError::NotAUnit,
        e => e.into(),
    }
}
