//! Keys under which plaintexts add up, whatever their scheme: what anybody computes on ciphertexts with the public key.

use engine::{Control, Engine};

use crate::HeError;
use crate::operators::Operators;
use crate::plaintext::Plaintexts;

/// Bits of a shift that fits a factor.
const SHIFT_MOST: usize = 62;

/// A public key of such a scheme. Factors and weights are public integers. What comes of a computation must stay in the range of the
/// scheme's plaintexts, or it does not decrypt; it is not obfuscated anew.
pub trait Additive: Operators {
    /// Of a ciphertext.
    fn ciphertext_bytes(&self) -> usize;

    /// Checks ciphertexts from outside.
    fn accept(&self, engine: &Engine, data: &[u8]) -> Result<Self::Ciphertexts, HeError>;

    /// Takes ciphertexts that this box computed, and kept where nobody else writes. What is no ciphertext at all may be found only when
    /// it is decrypted.
    fn trust(&self, data: &[u8]) -> Result<Self::Ciphertexts, HeError>;

    /// Each [`Additive::ciphertext_bytes`] wide.
    fn encoded(&self, ciphertexts: &Self::Ciphertexts) -> Vec<u8>;

    /// Encrypts two's complement big-endian integers of `width` bytes, in the range of the scheme's plaintexts. `control` hears of each
    /// twice: of its plaintext and of its obfuscator.
    fn encrypt(
        &self,
        engine: &Engine,
        plaintexts: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError>;

    /// Ciphertexts that hide nothing, to compute with what is public. Plaintexts as for [`Additive::encrypt`]; in constant time, since
    /// what they meet may be secret.
    fn embed(
        &self,
        engine: &Engine,
        plaintexts: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError>;

    /// The same plaintexts under fresh obfuscators: nobody without the private key can tell what the ciphertexts were made from.
    /// `control` hears of each once.
    fn obfuscate(
        &self,
        engine: &Engine,
        ciphertexts: &Self::Ciphertexts,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError>;

    /// Encryptions of the sums, element by element.
    fn add(
        &self,
        engine: &Engine,
        a: &Self::Ciphertexts,
        b: &Self::Ciphertexts,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError> {
        if Self::count(a) != Self::count(b) {
            return Err(HeError::Shape { what: "the summands differ in number" });
        }
        self.sums(engine, a, b, control)
    }

    /// Encryptions of the numbers times -1.
    fn negate(
        &self,
        engine: &Engine,
        a: &Self::Ciphertexts,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError> {
        self.negatives(engine, a, control)
    }

    /// Encryptions of the products with `factors`: one for each element, or one for all.
    fn multiply(
        &self,
        engine: &Engine,
        a: &Self::Ciphertexts,
        factors: &[i64],
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError> {
        if let [factor] = factors {
            return self.multiples(engine, a, *factor, control);
        }
        let bytes: Vec<u8> = factors.iter().flat_map(|f| f.to_be_bytes()).collect();
        self.multiply_wide(engine, a, &bytes, 8, control)
    }

    /// Encryptions of the products with one factor for each element: two's complement big-endian integers of `width` bytes, at most as
    /// many as a plaintext's. The time depends on the longest factor and on which are negative.
    fn multiply_wide(
        &self,
        engine: &Engine,
        a: &Self::Ciphertexts,
        factors: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError> {
        let factors = Plaintexts::any(factors, width, self.factor_bytes())?;
        if factors.count() != Self::count(a) {
            return Err(HeError::Shape { what: "there are not as many factors as elements" });
        }
        self.products(engine, a, &factors, control)
    }

    /// Encryptions of each `each` numbers in one: of their sum, the second times 2^`shift_bits`, the third times 2^(2 `shift_bits`), and so
    /// on; the last one may have fewer. That they do not run into each other, nor out of the plaintexts, is the caller's to check: see
    /// [`crate::packing::Packing::gather`]. The time is that of as many squarings as the plaintext has bits.
    fn shift_and_add(
        &self,
        engine: &Engine,
        a: &Self::Ciphertexts,
        each: usize,
        shift_bits: usize,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError> {
        let count = Self::count(a);
        if each == 0 || each.saturating_sub(1).saturating_mul(shift_bits) > self.plaintext_bits() {
            return Err(HeError::Shape { what: "the plaintexts have no room for so many numbers" });
        }
        // How many have a number in this place: all, or all but the last.
        let having = |place: usize| (count + each - 1 - place) / each;
        let at =
            |place: usize, from: usize| -> Vec<usize> { (from..having(place)).map(|k| k * each + place).collect() };
        let mut sums = Self::picked(a, &at(each - 1, 0));
        for place in (0..each - 1).rev() {
            let before = Self::count(&sums);
            let shifts = (0..shift_bits).step_by(SHIFT_MOST).map(|done| SHIFT_MOST.min(shift_bits - done));
            for bits in shifts {
                sums = self.multiples(engine, &sums, 1 << bits, control)?;
            }
            let lower = Self::picked(a, &at(place, 0)[..before]);
            sums = Self::joined(self.sums(engine, &sums, &lower, control)?, &Self::picked(a, &at(place, before)))?;
        }
        Ok(sums)
    }

    /// Encryptions of the sums of the columns of a table that is `columns` wide.
    fn sum_columns(
        &self,
        engine: &Engine,
        table: &Self::Ciphertexts,
        columns: usize,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError> {
        let rows = rows_of(Self::count(table), columns)?;
        self.totals(engine, table, (columns, rows), &|column, row| row * columns + column, control)
    }

    /// Encryptions of the sums of the rows of a table that is `columns` wide.
    fn sum_rows(
        &self,
        engine: &Engine,
        table: &Self::Ciphertexts,
        columns: usize,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError> {
        let rows = rows_of(Self::count(table), columns)?;
        self.totals(engine, table, (rows, columns), &|row, column| row * columns + column, control)
    }

    /// Encryption of the product of a plaintext matrix, one row of `weights` for each output, with a table of ciphertexts, `columns`
    /// wide: outputs x columns. This is X^T [[d]] of vertical regression. `control` hears of outputs.
    fn plaintext_product(
        &self,
        engine: &Engine,
        weights: &[i64],
        table: &Self::Ciphertexts,
        columns: usize,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError> {
        let rows = rows_of(Self::count(table), columns)?;
        if rows == 0 || weights.is_empty() || !weights.len().is_multiple_of(rows) {
            return Err(HeError::Shape { what: "the weights' shape does not fit the table's" });
        }
        self.left_product(engine, weights, table, columns, control)
    }

    /// Encryption of the matrix product of a table, `columns` wide, with `weights`, row by row `outputs` wide. `control` hears of each
    /// row once an output.
    fn matrix_product(
        &self,
        engine: &Engine,
        table: &Self::Ciphertexts,
        columns: usize,
        weights: &[i64],
        outputs: usize,
        control: Control<'_>,
    ) -> Result<Self::Ciphertexts, HeError> {
        rows_of(Self::count(table), columns)?;
        if outputs == 0 || weights.len() != columns * outputs {
            return Err(HeError::Shape { what: "the weights' shape does not fit the table's" });
        }
        self.right_product(engine, table, columns, weights, outputs, control)
    }
}

/// Rows of a table of so many items.
fn rows_of(items: usize, columns: usize) -> Result<usize, HeError> {
    if columns == 0 || !items.is_multiple_of(columns) {
        return Err(HeError::Shape { what: "the table is no whole number of rows" });
    }
    Ok(items / columns)
}
