//! The key-encryption key: sealed to the TPM and the last signed phase, it wraps the customers' keys with AES-256-GCM.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ipc::early::Sealed;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use secrets::Secret;
use serde::{Deserialize, Serialize};

use crate::error::file;
use crate::tpm::{Policy, SealError, Tpm};
use crate::{KeydError, chain, out_of_the_way, set_aside};

const VERSION: u32 = 1;
const SIZE_MAX: u64 = 64 * 1024;

/// An open vault.
pub struct Vault {
    id: String,
    key: LessSafeKey,
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
    #[error("it was changed, or is damaged")]
    Damaged,
}

impl Vault {
    /// Opens the vault in `folder`. A new one is made where there is none, beside one that another TPM sealed, and where the old
    /// one cannot be read, which is kept; the second value then says so.
    pub fn open(tpm: &mut Tpm, policy: &Policy, folder: &Path) -> Result<(Vault, Option<String>), KeydError> {
        let path = folder.join("vault.json");
        let file = match durable_files::read_json::<VaultFile>(&path, VERSION, SIZE_MAX) {
            Ok(Some(file)) => file,
            Ok(None) => return Ok((Vault::create(tpm, policy, path)?, None)),
            Err(e) => {
                let why = set_aside(&path, e)?;
                return Ok((Vault::create(tpm, policy, path)?, Some(why)));
            }
        };
        match tpm.unseal(policy, &file.sealed) {
            Ok(secret) => Ok((Vault::with_key(file.id, &secret)?, None)),
            Err(SealError::OtherTpm) => {
                write(&folder.join(format!("vault-{}.json", file.id)), &file)?;
                Ok((Vault::create(tpm, policy, path)?, None))
            }
            Err(e) if e.is_damage() => {
                let why = out_of_the_way(&path, &chain(&e))?;
                Ok((Vault::create(tpm, policy, path)?, Some(why)))
            }
            Err(e) => Err(e.into()),
        }
    }

    fn create(tpm: &mut Tpm, policy: &Policy, path: PathBuf) -> Result<Vault, KeydError> {
        let id = HEXLOWER.encode(&random::<8>()?);
        let secret = Secret::new(random::<32>()?.to_vec());
        let sealed = tpm.seal(policy, &secret)?;
        let vault = Vault::with_key(id.clone(), &secret)?;
        write(&path, &VaultFile { id, sealed })?;
        Ok(vault)
    }

    fn with_key(id: String, secret: &Secret) -> Result<Vault, KeydError> {
        let key = UnboundKey::new(&AES_256_GCM, secret.expose()).map_err(|_| KeydError::Seal(SealError::Differs))?;
        Ok(Vault { id, key: LessSafeKey::new(key) })
    }

    /// `bound` is what the secret belongs to; it must be given again, unchanged, to unwrap.
    pub fn wrap(&self, secret: &Secret, bound: &[u8]) -> Result<Wrapped, KeydError> {
        // NIST SP 800-38D 8.2.2: 96 random bits; 2^32 wraps under one key are far away.
        let nonce = random::<NONCE_LEN>()?;
        let mut buffer = secret.expose().to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut buffer)
            .map_err(|_| KeydError::Random)?;
        Ok(Wrapped { vault: self.id.clone(), nonce: HEXLOWER.encode(&nonce), ciphertext: HEXLOWER.encode(&buffer) })
    }

    pub fn unwrap(&self, wrapped: &Wrapped, bound: &[u8]) -> Result<Secret, UnwrapError> {
        if wrapped.vault != self.id {
            return Err(UnwrapError::OtherVault);
        }
        let damaged = |_| UnwrapError::Damaged;
        let nonce = HEXLOWER.decode(wrapped.nonce.as_bytes()).map_err(damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(&nonce).map_err(|_| UnwrapError::Damaged)?;
        let mut buffer = zeroize::Zeroizing::new(HEXLOWER.decode(wrapped.ciphertext.as_bytes()).map_err(damaged)?);
        let open = self.key.open_in_place(nonce, Aad::from(bound), &mut buffer).map_err(|_| UnwrapError::Damaged)?;
        Ok(Secret::copy_of(open))
    }
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
