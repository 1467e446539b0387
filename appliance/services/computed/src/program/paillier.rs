//! The operators on Paillier ciphertexts.

use std::sync::Arc;

use he::{Ciphertexts, HeError, Obfuscators, PublicKey};
use zeroize::Zeroizing;

use crate::error::RunError;
use crate::limits::OUTPUTS_TURN;
use crate::program::computation::Computation;
use crate::program::key::Key;
use crate::work::{Side, Work};
use crate::workshop::Watch;

impl Computation {
    pub(super) fn paillier(&mut self, block: &[u8], watch: &Watch<'_>) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let Key::Paillier { public, .. } = &self.key else { return Err(RunError::NoKey) };
        let key = public.clone();
        let columns = self.inputs.spec.columns as usize;
        let result = match self.inputs.spec.work.clone() {
            Work::Encrypt { residues, without_obfuscation, plaintext_bytes, key_id } => {
                return self.encrypt(&key, &key_id, block, plaintext_bytes, residues, without_obfuscation, watch);
            }
            Work::Decrypt { residues, .. } => return self.decrypt(&key, block, residues, watch),
            Work::MatrixProduct { side: Side::Left { rows }, .. } => {
                return self.add_left_product(&key, block, rows as usize, watch);
            }
            Work::ColumnSums { .. } => {
                let table = self.read(&key, block)?;
                let sums = self.turn(watch, |engine, control| key.sum_columns(engine, &table, columns, control))?;
                self.add_up(&key, 0, sums, watch)?;
                (watch.done)(table.count() as u64);
                return Ok(Zeroizing::default());
            }
            Work::Obfuscate { .. } => {
                let table = self.read(&key, block)?;
                self.turn(watch, |engine, control| key.obfuscate(engine, &table, control))?
            }
            Work::Add { addend_job, .. } => {
                let (a, b) = match addend_job {
                    Some(_) => (self.read(&key, block)?, key.trust(&self.beside(block.len())?)?),
                    None => {
                        let (a, b) = unzip(block, key.ciphertext_bytes());
                        (self.read(&key, &a)?, self.read(&key, &b)?)
                    }
                };
                self.turn(watch, |engine, control| key.add(engine, &a, &b, control))?
            }
            Work::Multiply { plaintext_bytes, .. } => {
                let table = self.read(&key, block)?;
                let factors = self.factors_of(table.count(), plaintext_bytes);
                self.turn(watch, |engine, control| match plaintext_bytes {
                    8 => key.multiply(engine, &table, &integers(&factors), control),
                    width => key.multiply_wide(engine, &table, &factors, width, control),
                })?
            }
            Work::RowSums { .. } => {
                let table = self.read(&key, block)?;
                self.turn(watch, |engine, control| key.sum_rows(engine, &table, columns, control))?
            }
            Work::MatrixProduct { side: Side::Right { columns: outputs }, .. } => {
                let table = self.read(&key, block)?;
                let weights = integers(&self.inputs.factors);
                let outputs = outputs as usize;
                self.turn(watch, |engine, control| {
                    key.matrix_product(engine, &table, columns, &weights, outputs, control)
                })?
            }
            _ => return Err(RunError::NoKey),
        };
        (watch.done)((block.len() / self.inputs.layout.operand_bytes) as u64);
        Ok(Zeroizing::new(result.to_be()))
    }

    #[expect(clippy::too_many_arguments, reason = "what the header says of an encryption")]
    fn encrypt(
        &mut self,
        key: &Arc<PublicKey>,
        key_id: &str,
        block: &[u8],
        width: usize,
        residues: bool,
        bare: bool,
        watch: &Watch<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let items = block.len() / self.inputs.layout.operand_bytes;
        let Key::Paillier { private, .. } = &self.key else { return Err(RunError::NoKey) };
        let pool = &self.workshop.pool;
        let result = self.workshop.turn(&mut self.used, watch, |engine, control| -> Result<_, HeError> {
            if bare {
                let embedded = match residues {
                    true => key.embed_residues(engine, block, control)?,
                    false => key.embed(engine, block, width, control)?,
                };
                return Ok(embedded.to_be());
            }
            if residues {
                let encrypted = match private {
                    Some(private) => private.encrypt_residues(engine, key, block, control)?,
                    None => key.encrypt_residues(engine, block, control)?,
                };
                return Ok(encrypted.to_be());
            }
            pool.note(key_id, key);
            let mut out = Vec::with_capacity(items * key.ciphertext_bytes());
            let mut done = 0;
            while let Some(mut ready) = (done < items).then(|| pool.take(key_id)).flatten() {
                let count = Obfuscators::count(&ready).min(items - done);
                let part = &block[done * width..][..count * width];
                let encrypted = key.encrypt_with(engine, part, width, ready.take(count)?, control);
                out.extend(encrypted.map_err(|e| crate::error::counted_from(e, done))?.to_be());
                done += count;
                pool.put_back(key_id, ready);
            }
            let rest = &block[done * width..];
            if !rest.is_empty() {
                let encrypted = match private {
                    Some(private) => private.encrypt(engine, key, rest, width, control),
                    None => key.encrypt(engine, rest, width, control),
                };
                out.extend(encrypted.map_err(|e| crate::error::counted_from(e, done))?.to_be());
            }
            Ok(out)
        })?;
        (watch.done)(items as u64);
        Ok(Zeroizing::new(result))
    }

    fn decrypt(
        &mut self,
        key: &PublicKey,
        block: &[u8],
        residues: bool,
        watch: &Watch<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let table = self.read(key, block)?;
        let Key::Paillier { private: Some(private), .. } = &self.key else { return Err(RunError::NoPrivate) };
        let clear = self.workshop.turn(&mut self.used, watch, |engine, control| match residues {
            true => private.decrypt_residues(engine, key, &table, control),
            false => private.decrypt(engine, key, &table, control),
        })?;
        (watch.done)(table.count() as u64);
        Ok(clear)
    }

    /// Adds a block of rows, times its columns of the plaintext matrix, to the result; some of the result's rows a turn.
    fn add_left_product(
        &mut self,
        key: &PublicKey,
        block: &[u8],
        outputs: usize,
        watch: &Watch<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let (rows, columns) = (self.inputs.spec.rows as usize, self.inputs.spec.columns as usize);
        let table = self.read(key, block)?;
        let (first, count) = (self.next / columns, table.count() / columns);
        for (group, start) in (0..outputs).step_by(OUTPUTS_TURN).enumerate() {
            let group_rows = OUTPUTS_TURN.min(outputs - start);
            let weights: Vec<i64> = (start..start + group_rows)
                .flat_map(|output| integers(&self.inputs.factors[(output * rows + first) * 8..][..count * 8]))
                .collect();
            let product =
                self.turn(watch, |engine, control| key.plaintext_product(engine, &weights, &table, columns, control))?;
            self.add_up(key, group, product, watch)?;
            (watch.done)(table.count() as u64);
        }
        Ok(Zeroizing::default())
    }

    fn add_up(&mut self, key: &PublicKey, group: usize, part: Ciphertexts, watch: &Watch<'_>) -> Result<(), RunError> {
        if self.sums.len() == group {
            self.sums.push(None);
        }
        let sum = match self.sums[group].take() {
            None => part,
            Some(before) => self.turn(watch, |engine, control| key.add(engine, &before, &part, control))?,
        };
        self.sums[group] = Some(sum);
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

    fn read(&self, key: &PublicKey, bytes: &[u8]) -> Result<Ciphertexts, HeError> {
        if self.inputs.trusted { key.trust(bytes) } else { key.accept(&self.workshop.engine, bytes) }
    }

    fn turn(
        &mut self,
        watch: &Watch<'_>,
        work: impl FnOnce(&engine::Engine, engine::Control<'_>) -> Result<Ciphertexts, HeError>,
    ) -> Result<Ciphertexts, RunError> {
        Ok(self.workshop.turn(&mut self.used, watch, work)?)
    }
}

fn integers(bytes: &[u8]) -> Vec<i64> {
    let integer = |chunk: &[u8]| chunk.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte)).cast_signed();
    bytes.chunks_exact(8).map(integer).collect()
}

/// Pairs, taken apart.
fn unzip(pairs: &[u8], width: usize) -> (Vec<u8>, Vec<u8>) {
    let half = |skip: usize| pairs.chunks_exact(width).skip(skip).step_by(2).flatten().copied().collect();
    (half(0), half(1))
}
