//! Paillier's operations.

use std::sync::Arc;

use he::{Additive, HeError, Obfuscators, PublicKey};
use zeroize::Zeroizing;

use crate::error::RunError;
use crate::program::computation::Computation;
use crate::program::key::Key;
use crate::work::Work;
use crate::workshop::Watch;

impl Computation {
    pub(super) fn paillier(&mut self, block: &[u8], watch: &Watch<'_>) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let Key::Paillier { public, .. } = &self.key else { return Err(RunError::NoKey) };
        let key = public.clone();
        match self.inputs.spec.work.clone() {
            Work::Encrypt { residues, without_obfuscation, plaintext_bytes, key_id } => {
                let width = if residues { key.plaintext_bytes() } else { plaintext_bytes };
                let sealed = self.encrypt(&key, &key_id, block, width, residues, without_obfuscation, watch)?;
                (watch.done)((block.len() / width) as u64);
                Ok(sealed)
            }
            Work::PackedEncrypt { key_id, packing } => self.packed_encrypt(&key, &key_id, packing, block, watch),
            Work::PackedDecrypt { packing, columns, added, .. } => {
                self.packed_decrypt(&key, packing, columns as usize, added, block, watch)
            }
            Work::Decrypt { residues, .. } => self.decrypt(&key, block, residues, watch),
            _ => self.evaluate(&*key, block, watch),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what the header says of an encryption")]
    pub(super) fn encrypt(
        &mut self,
        key: &Arc<PublicKey>,
        key_id: &str,
        block: &[u8],
        width: usize,
        residues: bool,
        bare: bool,
        watch: &Watch<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let items = block.len() / width;
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
        Ok(Zeroizing::new(result))
    }

    pub(super) fn decrypt(
        &mut self,
        key: &PublicKey,
        block: &[u8],
        residues: bool,
        watch: &Watch<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let table = self.table(key, block)?;
        let Key::Paillier { private: Some(private), .. } = &self.key else { return Err(RunError::NoPrivate) };
        let clear = self.workshop.turn(&mut self.used, watch, |engine, control| match residues {
            true => private.decrypt_residues(engine, key, &table, control),
            false => private.decrypt(engine, key, &table, control),
        })?;
        (watch.done)(table.count() as u64);
        Ok(clear)
    }
}
