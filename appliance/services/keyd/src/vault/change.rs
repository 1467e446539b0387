//! A table without a key, and no way back to the one with it.

use std::path::PathBuf;

use key_backup::aead;
use secrets::Secret;

use super::file::{self, VaultFile};
use super::table::Table;
use super::{Door, Open, Vault, closed, random};
use crate::KeydError;
use crate::tpm::{Policy, SealError, Tpm};

/// How often a counter that others move is followed.
const TRIES: u32 = 3;

/// The vault as it will be. Nobody else changes its table until it is installed, or given up.
pub(crate) struct Change {
    folder: PathBuf,
    id: String,
    old_count: u64,
    policy: Policy,
    table: Table,
}

/// What became of it.
pub(crate) enum Outcome {
    Done(Changed),
    /// Nothing has happened.
    Nothing(KeydError),
    /// The TPM does not say whether its counter moved: only the next start can know which file it goes by.
    Unknown(KeydError),
}

pub(crate) struct Changed(Box<Open>);

impl Vault {
    /// Prepares the end of this key's data key.
    pub(crate) fn without(&self, id: &str) -> Result<Change, KeydError> {
        let open = self.inside()?;
        let mut table = open.table.copy();
        table.remove(id);
        let (folder, policy) = (self.folder.clone(), open.policy.clone());
        Ok(Change { folder, id: self.id.clone(), old_count: open.count, policy, table })
    }

    pub(crate) fn install(&mut self, changed: Changed) {
        self.door = Door::Open(changed.0);
    }

    /// Nothing is written to it any more: it might be to a file that no start will open.
    pub(crate) fn close(&mut self, why: &str) -> KeydError {
        self.door = Door::Closed(why.into());
        closed(why)
    }
}

impl Change {
    /// The new file, the counter, the end of the old file: whatever happens between them, one of the files opens at the next start.
    pub(crate) fn make(self, tpm: &mut Tpm) -> Outcome {
        let (key, first) = match self.prepare(tpm) {
            Ok(prepared) => prepared,
            Err(e) => return Outcome::Nothing(e),
        };
        let count = match tpm.count() {
            Ok(count) => count,
            Err(failed) => match tpm.counter() {
                Ok(Some(count)) if count == self.old_count => {
                    // It is removed at the next start, if not now.
                    let _ = file::remove(&first.path(&self.folder));
                    return Outcome::Nothing(failed.into());
                }
                Ok(Some(count)) => count,
                _ => return Outcome::Unknown(failed.into()),
            },
        };
        match self.settle(tpm, key, first, count) {
            Ok(open) => Outcome::Done(Changed(Box::new(open))),
            Err(e) => Outcome::Unknown(e),
        }
    }

    /// The table under a new key that is sealed to the next value, on the disk.
    fn prepare(&self, tpm: &mut Tpm) -> Result<(Secret, VaultFile), KeydError> {
        let key = Secret::new(random::<{ aead::KEY_BYTES }>()?.to_vec());
        let next = self.old_count + 1;
        let sealed = tpm.seal_ahead(&self.policy.at_count(next), &key)?;
        let file = VaultFile::of(&self.id, next, &sealed, &key, &self.table)?;
        file::write_at_any_rate(&self.folder, &file)?;
        Ok((key, file))
    }

    /// The counter stands at `count`: the old file opens no more, and the new one had better do.
    fn settle(self, tpm: &mut Tpm, key: Secret, mut file: VaultFile, mut count: u64) -> Result<Open, KeydError> {
        for _ in 0..TRIES {
            let policy = self.policy.at_count(count);
            let opens = file.count == count && tpm.unseal(&policy, &file.sealed).is_ok_and(|found| found.equals(&key));
            if opens {
                let old = self.folder.join(format!("vault-{}-{}.json", self.id, self.old_count));
                // If it stays, it is a file that nothing opens.
                let _ = file::remove(&old);
                file::keep_spare(&self.folder);
                let Change { policy, table, .. } = self;
                return Ok(Open { policy, count, key, sealed: file.sealed, table });
            }
            // Somebody else moved the counter, or the TPM sealed wrongly. The key is still here.
            let sealed = tpm.seal(&policy, &key)?;
            let left = file.path(&self.folder);
            file = VaultFile::of(&self.id, count, &sealed, &key, &self.table)?;
            file::write(&self.folder, &file)?;
            if left != file.path(&self.folder) {
                let _ = file::remove(&left);
            }
            count = tpm.counter()?.unwrap_or(count);
        }
        Err(SealError::Differs.into())
    }
}
