//! The vault: each customer's key has a data key of its own; all data keys lie in one table, encrypted under the vault's key, and that
//! is sealed to the TPM, the last signed phase, and one value of the TPM's counter ([`crate::tpm`]).
//!
//! **A destroyed key is gone.** Its data key is taken from the table, the table is encrypted under a new key, sealed to the counter's next
//! value, and the counter moves on: no copy of the old file, with the old key in it, opens again ([`change`]). The order holds at every
//! instant: the new file first, then the counter, then the old file's end. A start goes by the counter.

mod change;
mod file;
mod table;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ipc::Text;
use ipc::keyd::{KeyState, Refusal};
use key_backup::aead;
use ring::rand::{SecureRandom, SystemRandom};
use secrets::Secret;
use serde::{Deserialize, Serialize};

pub(crate) use change::{Change, Outcome};
use file::{Kept, VaultFile};
use table::Table;

use crate::tpm::{Policy, SealError, Tpm};
use crate::{KeydError, chain, out_of_the_way};

/// The box's vault. Where the TPM does not unseal its key in this system it is closed, and the box does what it can without.
pub struct Vault {
    folder: PathBuf,
    /// Empty: there is none yet.
    id: String,
    door: Door,
    /// Ids of vaults that other TPMs sealed.
    replaced: BTreeSet<String>,
    /// It was made in this start.
    pub(crate) is_new: bool,
}

enum Door {
    Open(Box<Open>),
    /// Why.
    Closed(String),
}

/// What lies behind the door. Clones are for changes that may come to nothing.
struct Open {
    policy: Policy,
    /// The value of the TPM's counter that it is sealed to.
    count: u64,
    key: Secret,
    sealed: ipc::early::Sealed,
    table: Table,
}

/// A secret under a key's data key. Hexadecimal.
#[derive(Clone, Serialize, Deserialize)]
pub struct Wrapped {
    /// Which vault: a box whose TPM was replaced has a new one, and what the old one wrapped stays closed.
    pub vault: String,
    nonce: String,
    ciphertext: String,
}

#[derive(Debug, thiserror::Error)]
pub enum UnwrapError {
    #[error("it was wrapped under the key of another TPM")]
    OtherVault,
    #[error("the vault is closed")]
    Closed,
    #[error("it was destroyed: nothing opens it any more")]
    Destroyed,
    #[error("it was changed, or is damaged")]
    Damaged,
}

impl Vault {
    /// Opens the vault in `folder`. A new one is made where there is none, beside one that another TPM sealed, and where the old
    /// one cannot be read or the counter has left it behind, which is kept. The second value says what is wrong: that something was
    /// set aside, or why it stays closed.
    pub fn open(tpm: &mut Tpm, policy: &Policy, folder: &Path) -> Result<(Vault, Vec<String>), KeydError> {
        let (found, mut troubles) = file::all(folder)?;
        let srk_name = HEXLOWER.encode(tpm.srk_name());
        let (own, others): (Vec<Kept>, Vec<Kept>) = found.into_iter().partition(|k| k.file.sealed.srk_name == srk_name);
        let count = if own.is_empty() { None } else { tpm.counter()? };
        let (current, stale): (Vec<Kept>, Vec<Kept>) = own.into_iter().partition(|k| Some(k.file.count) == count);
        let current = current.into_iter().next();
        let id = current.as_ref().map(|k| k.file.id.clone()).unwrap_or_default();
        let mut open = || {
            if let Some(kept) = &current {
                match unlock(tpm, policy, &kept.file) {
                    Ok(open) => return Ok((kept.file.id.clone(), open, false)),
                    Err(e) if e.is_damage() => troubles.push(out_of_the_way(&kept.path, &chain(&e))?),
                    Err(e) => return Err(e.into()),
                }
            }
            create(tpm, policy, folder).map(|(id, open)| (id, open, true))
        };
        let (id, door, is_new) = match open() {
            Ok((id, open, is_new)) => (id, Door::Open(Box::new(open)), is_new),
            Err(KeydError::Seal(why)) if why.is_of_this_system() => {
                let why = chain(&why);
                troubles.push(format!("the vault is closed, keys can be neither used nor made: {why}"));
                (id, Door::Closed(why), false)
            }
            Err(e) => return Err(e),
        };
        // A change that was interrupted leaves a file of the same vault, before the counter's step or behind it.
        for kept in stale {
            if kept.file.id == id {
                file::remove(&kept.path)?;
            } else {
                let why = "a copy of another time: a key was destroyed since, or the TPM's counter was made anew";
                troubles.push(out_of_the_way(&kept.path, why)?);
            }
        }
        file::keep_spare(folder);
        let replaced = others.into_iter().map(|k| k.file.id).collect();
        Ok((Vault { folder: folder.to_path_buf(), id, door, replaced, is_new }, troubles))
    }

    /// Why it is closed, if it is.
    pub fn closed(&self) -> Option<&str> {
        match &self.door {
            Door::Open(_) => None,
            Door::Closed(why) => Some(why),
        }
    }

    /// Of the key `id`, which was wrapped in the vault `vault`; `None`: it was destroyed.
    pub fn state_of(&self, vault: &str, id: &str) -> Option<KeyState> {
        match &self.door {
            Door::Open(open) if vault == self.id => open.table.get(id).map(|_| KeyState::Usable),
            Door::Closed(_) if vault == self.id => Some(KeyState::Closed),
            _ if self.replaced.contains(vault) => Some(KeyState::OtherTpm),
            _ => Some(KeyState::NoVault),
        }
    }

    /// Whether new keys can be kept.
    pub fn check_open(&self) -> Result<(), KeydError> {
        self.inside().map(drop)
    }

    /// Gives the new key `id` a data key, on the disk when this returns. `known`: whose data keys are still wanted.
    pub fn admit(&mut self, id: &str, known: impl Fn(&str) -> bool) -> Result<(), KeydError> {
        let data_key = Secret::new(random::<{ aead::KEY_BYTES }>()?.to_vec());
        self.write_changed(|table| {
            table.retain(&known);
            table.put(id, data_key);
        })
    }

    /// Takes the data key out of the table. The counter stays: a copy of the file from before would bring it back. It is enough for
    /// what holds no secret.
    pub fn dismiss(&mut self, id: &str) -> Result<(), KeydError> {
        self.write_changed(|table| table.remove(id))
    }

    /// `bound` is what the secret belongs to; it must be given again, unchanged, to unwrap. `id`: a key that was admitted.
    pub fn wrap(&self, id: &str, secret: &Secret, bound: &[u8]) -> Result<Wrapped, KeydError> {
        let data_key = self.inside()?.table.get(id).ok_or(KeydError::Random)?;
        // NIST SP 800-38D 8.2.2: 96 random bits; 2^32 wraps under one key are far away.
        let nonce = random::<{ aead::NONCE_BYTES }>()?;
        let sealed = aead::seal(data_key, &nonce, bound, secret.expose()).ok_or(KeydError::Random)?;
        Ok(Wrapped { vault: self.id.clone(), nonce: HEXLOWER.encode(&nonce), ciphertext: HEXLOWER.encode(&sealed) })
    }

    pub fn unwrap(&self, id: &str, wrapped: &Wrapped, bound: &[u8]) -> Result<Secret, UnwrapError> {
        if wrapped.vault != self.id {
            return Err(UnwrapError::OtherVault);
        }
        let Door::Open(open) = &self.door else { return Err(UnwrapError::Closed) };
        let data_key = open.table.get(id).ok_or(UnwrapError::Destroyed)?;
        let damaged = |_| UnwrapError::Damaged;
        let nonce = HEXLOWER.decode(wrapped.nonce.as_bytes()).map_err(damaged)?;
        let nonce = nonce.try_into().map_err(|_| UnwrapError::Damaged)?;
        let sealed = HEXLOWER.decode(wrapped.ciphertext.as_bytes()).map_err(damaged)?;
        aead::open(data_key, &nonce, bound, &sealed).ok_or(UnwrapError::Damaged)
    }

    /// The table as it will be, on the disk before it is so here.
    fn write_changed(&mut self, change: impl FnOnce(&mut Table)) -> Result<(), KeydError> {
        let (id, folder) = (self.id.clone(), self.folder.clone());
        let open = match &mut self.door {
            Door::Open(open) => open,
            Door::Closed(why) => return Err(closed(why)),
        };
        let mut table = open.table.copy();
        change(&mut table);
        file::write(&folder, &VaultFile::of(&id, open.count, &open.sealed, &open.key, &table)?)?;
        open.table = table;
        Ok(())
    }

    fn inside(&self) -> Result<&Open, KeydError> {
        match &self.door {
            Door::Open(open) => Ok(open),
            Door::Closed(why) => Err(closed(why)),
        }
    }
}

fn create(tpm: &mut Tpm, policy: &Policy, folder: &Path) -> Result<(String, Open), KeydError> {
    let count = match tpm.counter()? {
        Some(count) => count,
        None => tpm.count()?,
    };
    let id = HEXLOWER.encode(&random::<8>()?);
    let key = Secret::new(random::<{ aead::KEY_BYTES }>()?.to_vec());
    let sealed = tpm.seal(&policy.at_count(count), &key)?;
    let table = Table::default();
    file::write(folder, &VaultFile::of(&id, count, &sealed, &key, &table)?)?;
    Ok((id, Open { policy: policy.clone(), count, key, sealed, table }))
}

fn unlock(tpm: &mut Tpm, policy: &Policy, file: &VaultFile) -> Result<Open, SealError> {
    let key = tpm.unseal(&policy.at_count(file.count), &file.sealed)?;
    let table = file.table(&key).ok_or(SealError::Damaged("its table of keys"))?;
    Ok(Open { policy: policy.clone(), count: file.count, key, sealed: file.sealed.clone(), table })
}

pub(crate) fn closed(why: &str) -> KeydError {
    KeydError::Refused(Refusal::Unavailable(Text::shortened(&format!("the vault is closed: {why}"))))
}

pub fn random<const N: usize>() -> Result<[u8; N], KeydError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| KeydError::Random)?;
    Ok(bytes)
}
