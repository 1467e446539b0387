//! The operators on ciphertexts whose plaintexts add up, whatever their scheme.

use engine::{Control, Engine};
use he::{Additive, HeError};
use zeroize::Zeroizing;

use crate::error::RunError;
use crate::limits::OUTPUTS_TURN;
use crate::program::computation::Computation;
use crate::work::{Side, Work};
use crate::workshop::Watch;

impl Computation {
    /// A block of an operation of the public key.
    pub(super) fn evaluate<K: Additive>(
        &mut self,
        key: &K,
        block: &[u8],
        watch: &Watch<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let columns = self.inputs.spec.columns as usize;
        let items = block.len() / self.inputs.layout.operand_bytes;
        let result = match self.inputs.spec.work.clone() {
            Work::MatrixProduct { side: Side::Left { rows }, .. } => {
                return self.add_left_product(key, block, rows as usize, watch);
            }
            Work::ColumnSums { .. } => {
                let table = self.table(key, block)?;
                let sums = self.in_turn(watch, |engine, control| key.sum_columns(engine, &table, columns, control))?;
                self.add_up(key, 0, sums, watch)?;
                (watch.done)(items as u64);
                return Ok(Zeroizing::default());
            }
            Work::Encrypt { without_obfuscation: true, plaintext_bytes: width, .. } => {
                self.in_turn(watch, |engine, control| key.embed(engine, block, width, control))?
            }
            Work::Encrypt { plaintext_bytes: width, .. } => {
                self.in_turn(watch, |engine, control| key.encrypt(engine, block, width, control))?
            }
            Work::Obfuscate { .. } => {
                let table = self.table(key, block)?;
                self.in_turn(watch, |engine, control| key.obfuscate(engine, &table, control))?
            }
            Work::Add { addend_job, .. } => {
                let (a, b) = match addend_job {
                    Some(_) => {
                        let beside = self.beside(block.len())?;
                        (self.table(key, block)?, key.trust(&beside)?)
                    }
                    None => {
                        let (a, b) = unzip(block, key.ciphertext_bytes());
                        (self.table(key, &a)?, self.table(key, &b)?)
                    }
                };
                self.in_turn(watch, |engine, control| key.add(engine, &a, &b, control))?
            }
            Work::Multiply { plaintext_bytes: width, .. } => {
                let table = self.table(key, block)?;
                let factors = self.factors_of(items, width);
                self.in_turn(watch, |engine, control| key.multiply_wide(engine, &table, &factors, width, control))?
            }
            Work::RowSums { .. } => {
                let table = self.table(key, block)?;
                self.in_turn(watch, |engine, control| key.sum_rows(engine, &table, columns, control))?
            }
            Work::MatrixProduct { side: Side::Right { columns: outputs }, .. } => {
                let table = self.table(key, block)?;
                let (weights, outputs) = (integers(&self.inputs.factors, 8), outputs as usize);
                self.in_turn(watch, |engine, control| {
                    key.matrix_product(engine, &table, columns, &weights, outputs, control)
                })?
            }
            _ => return Err(RunError::NoKey),
        };
        (watch.done)(items as u64);
        Ok(Zeroizing::new(key.encoded(&result)))
    }

    /// Adds a block of rows, times its columns of the plaintext matrix, to the result; some of the result's rows a turn.
    fn add_left_product<K: Additive>(
        &mut self,
        key: &K,
        block: &[u8],
        outputs: usize,
        watch: &Watch<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let (rows, columns) = (self.inputs.spec.rows as usize, self.inputs.spec.columns as usize);
        let items = block.len() / self.inputs.layout.operand_bytes;
        let table = self.table(key, block)?;
        let (first, count) = (self.next / columns, items / columns);
        for (group, start) in (0..outputs).step_by(OUTPUTS_TURN).enumerate() {
            let group_rows = OUTPUTS_TURN.min(outputs - start);
            let weights: Vec<i64> = (start..start + group_rows)
                .flat_map(|output| {
                    integers(&self.inputs.factors[(output * rows + first) * 8..][..count * 8], 8).to_vec()
                })
                .collect();
            let product = self
                .in_turn(watch, |engine, control| key.plaintext_product(engine, &weights, &table, columns, control))?;
            self.add_up(key, group, product, watch)?;
            (watch.done)(items as u64);
        }
        Ok(Zeroizing::default())
    }

    fn add_up<K: Additive>(
        &mut self,
        key: &K,
        group: usize,
        part: K::Ciphertexts,
        watch: &Watch<'_>,
    ) -> Result<(), RunError> {
        if self.sums.len() == group {
            self.sums.push(None);
        }
        let sum = match self.sums[group].take() {
            None => part,
            Some(before) => {
                let before = key.trust(&before)?;
                self.in_turn(watch, |engine, control| key.add(engine, &before, &part, control))?
            }
        };
        self.sums[group] = Some(key.encoded(&sum));
        Ok(())
    }

    /// The factors of the next items, big-endian: their own, or their columns'.
    fn factors_of(&self, count: usize, width: usize) -> Zeroizing<Vec<u8>> {
        let (factors, columns) = (&self.inputs.factors, self.inputs.spec.columns as usize);
        let own = factors.len() / width == self.inputs.spec.items() as usize;
        let factor = |item: usize| if own { item } else { item % columns };
        let of = |item: usize| &factors[factor(item) * width..][..width];
        Zeroizing::new((self.next..self.next + count).flat_map(of).copied().collect())
    }

    /// A block of the operand, or a part of it.
    pub(super) fn table<K: Additive>(&self, key: &K, bytes: &[u8]) -> Result<K::Ciphertexts, HeError> {
        if self.inputs.trusted { key.trust(bytes) } else { key.accept(&self.workshop.engine, bytes) }
    }

    fn in_turn<T>(
        &mut self,
        watch: &Watch<'_>,
        work: impl FnOnce(&Engine, Control<'_>) -> Result<T, HeError>,
    ) -> Result<T, RunError> {
        Ok(self.workshop.turn(&mut self.used, watch, work)?)
    }
}

/// Two's complement, big-endian, of `width` bytes each: 1 to 8. No branch on a value.
pub(super) fn integers(bytes: &[u8], width: usize) -> Zeroizing<Vec<i64>> {
    let integer = |chunk: &[u8]| {
        let value = chunk.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        let unused = 64 - 8 * width as u32;
        (value << unused).cast_signed() >> unused
    };
    Zeroizing::new(bytes.chunks_exact(width).map(integer).collect())
}

/// Pairs, taken apart.
fn unzip(pairs: &[u8], width: usize) -> (Vec<u8>, Vec<u8>) {
    let half = |skip: usize| pairs.chunks_exact(width).skip(skip).step_by(2).flatten().copied().collect();
    (half(0), half(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_every_width_keep_their_sign() {
        for width in 1..=8usize {
            for value in [0, 1, -1, 127, -128] {
                let bytes = i64::to_be_bytes(value)[8 - width..].repeat(2);
                assert_eq!(*integers(&bytes, width), [value; 2], "{width}");
            }
        }
        assert_eq!(*integers(&i64::MIN.to_be_bytes(), 8), [i64::MIN]);
    }
}
