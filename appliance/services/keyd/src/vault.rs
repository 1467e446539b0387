//! The key-encryption key: sealed to the TPM and the last signed phase, it wraps the customers' keys with AES-256-GCM.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use data_encoding::HEXLOWER;
use ipc::Text;
use ipc::early::Sealed;
use ipc::keyd::{KeyState, Refusal};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use secrets::Secret;
use serde::{Deserialize, Serialize};

use crate::error::file;
use crate::tpm::{Policy, SealError, Tpm};
use crate::{KeydError, chain, out_of_the_way, set_aside};

const VERSION: u32 = 1;
const SIZE_MAX: u64 = 64 * 1024;
const FILE: &str = "vault.json";

/// The box's vault. Where the TPM does not unseal its key in this system it is closed, and the box does what it can without.
pub struct Vault {
    /// Empty: there is none yet.
    id: String,
    door: Door,
    /// Ids of vaults that other TPMs sealed.
    replaced: BTreeSet<String>,
    /// It was made in this start.
    pub(crate) is_new: bool,
}

enum Door {
    Open(Box<LessSafeKey>),
    /// Why.
    Closed(String),
}

/// A secret under a vault's key. Hexadecimal.
#[derive(Clone, Serialize, Deserialize)]
pub struct Wrapped {
    /// Which vault: a box whose TPM was replaced has a new one, and what the old one wrapped stays closed.
    pub vault: String,
    nonce: String,
    ciphertext: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VaultFile {
    id: String,
    sealed: Sealed,
}

#[derive(Debug, thiserror::Error)]
pub enum UnwrapError {
    #[error("it was wrapped under the key of another TPM")]
    OtherVault,
    #[error("the vault is closed")]
    Closed,
    #[error("it was changed, or is damaged")]
    Damaged,
}

impl Vault {
    /// Opens the vault in `folder`. A new one is made where there is none, beside one that another TPM sealed, and where the old
    /// one cannot be read, which is kept. The second value says what is wrong: that something was set aside, or why it stays closed.
    pub fn open(tpm: &mut Tpm, policy: &Policy, folder: &Path) -> Result<(Vault, Vec<String>), KeydError> {
        let path = folder.join(FILE);
        let mut troubles = Vec::new();
        let found = durable_files::read_json::<VaultFile>(&path, VERSION, SIZE_MAX).or_else(|e| {
            troubles.push(set_aside(&path, e)?);
            Ok::<_, KeydError>(None)
        })?;
        let found = found.map_or(Ok(None), |file| of_this_tpm(tpm, file, folder))?;
        let mut open = || {
            if let Some(VaultFile { id, sealed }) = &found {
                match tpm.unseal(policy, sealed) {
                    Err(e) if e.is_damage() => troubles.push(out_of_the_way(&path, &chain(&e))?),
                    secret => return Vault::with_key(id.clone(), &secret?),
                }
            }
            Vault::create(tpm, policy, &path)
        };
        let mut vault = match open() {
            Ok(vault) => vault,
            Err(KeydError::Seal(why)) if why.is_of_this_system() => {
                let why = chain(&why);
                troubles.push(format!("the vault is closed, keys can be neither used nor made: {why}"));
                let id = found.map(|f| f.id).unwrap_or_default();
                Vault { id, door: Door::Closed(why), replaced: BTreeSet::new(), is_new: false }
            }
            Err(e) => return Err(e),
        };
        vault.replaced = kept(folder)?.into_iter().map(|f| f.id).collect();
        Ok((vault, troubles))
    }

    /// Why it is closed, if it is.
    pub fn closed(&self) -> Option<&str> {
        match &self.door {
            Door::Open(_) => None,
            Door::Closed(why) => Some(why),
        }
    }

    /// Of a key that was wrapped under the vault with this id.
    pub fn state_of(&self, id: &str) -> KeyState {
        match &self.door {
            Door::Open(_) if id == self.id => KeyState::Usable,
            Door::Closed(_) if id == self.id => KeyState::Closed,
            _ if self.replaced.contains(id) => KeyState::OtherTpm,
            _ => KeyState::NoVault,
        }
    }

    /// Whether new keys can be kept.
    pub fn check_open(&self) -> Result<(), KeydError> {
        self.key().map(drop)
    }

    fn create(tpm: &mut Tpm, policy: &Policy, path: &Path) -> Result<Vault, KeydError> {
        let id = HEXLOWER.encode(&random::<8>()?);
        let secret = Secret::new(random::<32>()?.to_vec());
        let sealed = tpm.seal(policy, &secret)?;
        let vault = Vault::with_key(id.clone(), &secret)?;
        write(path, &VaultFile { id, sealed })?;
        Ok(Vault { is_new: true, ..vault })
    }

    fn with_key(id: String, secret: &Secret) -> Result<Vault, KeydError> {
        let key = UnboundKey::new(&AES_256_GCM, secret.expose()).map_err(|_| KeydError::Seal(SealError::Differs))?;
        Ok(Vault { id, door: Door::Open(Box::new(LessSafeKey::new(key))), replaced: BTreeSet::new(), is_new: false })
    }

    fn key(&self) -> Result<&LessSafeKey, KeydError> {
        match &self.door {
            Door::Open(key) => Ok(key),
            Door::Closed(why) => Err(closed(why)),
        }
    }

    /// `bound` is what the secret belongs to; it must be given again, unchanged, to unwrap.
    pub fn wrap(&self, secret: &Secret, bound: &[u8]) -> Result<Wrapped, KeydError> {
        // NIST SP 800-38D 8.2.2: 96 random bits; 2^32 wraps under one key are far away.
        let nonce = random::<NONCE_LEN>()?;
        let mut buffer = secret.expose().to_vec();
        self.key()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut buffer)
            .map_err(|_| KeydError::Random)?;
        Ok(Wrapped { vault: self.id.clone(), nonce: HEXLOWER.encode(&nonce), ciphertext: HEXLOWER.encode(&buffer) })
    }

    pub fn unwrap(&self, wrapped: &Wrapped, bound: &[u8]) -> Result<Secret, UnwrapError> {
        if wrapped.vault != self.id {
            return Err(UnwrapError::OtherVault);
        }
        let Door::Open(key) = &self.door else { return Err(UnwrapError::Closed) };
        let damaged = |_| UnwrapError::Damaged;
        let nonce = HEXLOWER.decode(wrapped.nonce.as_bytes()).map_err(damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(&nonce).map_err(|_| UnwrapError::Damaged)?;
        let mut buffer = zeroize::Zeroizing::new(HEXLOWER.decode(wrapped.ciphertext.as_bytes()).map_err(damaged)?);
        let open = key.open_in_place(nonce, Aad::from(bound), &mut buffer).map_err(|_| UnwrapError::Damaged)?;
        Ok(Secret::copy_of(open))
    }
}

pub(crate) fn closed(why: &str) -> KeydError {
    KeydError::Refused(Refusal::Unavailable(Text::shortened(&format!("the vault is closed: {why}"))))
}

/// The vault that this TPM sealed: this one, or one that was kept when this TPM was replaced and has come back. Another TPM's is
/// kept beside, under its id.
fn of_this_tpm(tpm: &Tpm, found: VaultFile, folder: &Path) -> Result<Option<VaultFile>, KeydError> {
    let srk_name = HEXLOWER.encode(tpm.srk_name());
    if found.sealed.srk_name == srk_name {
        return Ok(Some(found));
    }
    write(&folder.join(kept_as(&found.id)), &found)?;
    let Some(own) = kept(folder)?.into_iter().find(|f| f.sealed.srk_name == srk_name) else { return Ok(None) };
    write(&folder.join(FILE), &own)?;
    let beside = folder.join(kept_as(&own.id));
    durable_files::remove(&beside).map_err(file("removing", &beside))?;
    Ok(Some(own))
}

fn kept_as(id: &str) -> String {
    format!("vault-{id}.json")
}

/// The vaults of other TPMs. One that cannot be read is no use to anybody.
fn kept(folder: &Path) -> Result<Vec<VaultFile>, KeydError> {
    let mut vaults = Vec::new();
    for entry in fs::read_dir(folder).map_err(file("listing", folder))? {
        let path = entry.map_err(file("listing", folder))?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if name.starts_with("vault-") && name.ends_with(".json") {
            vaults.extend(durable_files::read_json::<VaultFile>(&path, VERSION, SIZE_MAX).ok().flatten());
        }
    }
    Ok(vaults)
}

fn write(path: &Path, content: &VaultFile) -> Result<(), KeydError> {
    durable_files::write_json(path, VERSION, content).map_err(file("writing", path))
}

pub fn random<const N: usize>() -> Result<[u8; N], KeydError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| KeydError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_opens_only_here_and_only_unchanged() {
        let vault = Vault::with_key("a".into(), &Secret::new(vec![1; 32])).unwrap();
        let wrapped = vault.wrap(&Secret::new(vec![5; 100]), b"owner").unwrap();
        assert!(vault.unwrap(&wrapped, b"owner").unwrap().equals(&Secret::new(vec![5; 100])));
        assert!(matches!(vault.unwrap(&wrapped, b"thief"), Err(UnwrapError::Damaged)));
        let other = Vault::with_key("b".into(), &Secret::new(vec![1; 32])).unwrap();
        assert!(matches!(other.unwrap(&wrapped, b"owner"), Err(UnwrapError::OtherVault)));
    }
}
