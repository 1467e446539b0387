//! The customers' keys: one file each, the private part wrapped by the vault and bound to its owner and its rights.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::HEXLOWER;
use protocols::keyd::{KeyInfo, KeyKind, Lease, Operation, PaillierPrivate, PaillierPublic, Refusal};
use serde::{Deserialize, Serialize};

use crate::KeydError;
use crate::files::{read_json, remove, write_json};
use crate::vault::{Vault, Wrapped, random};

/// Keys in one box; a limit, so that a client can't fill the volume.
const KEYS_MAX: usize = 1000;

pub struct KeyStore {
    folder: PathBuf,
    keys: BTreeMap<String, KeyFile>,
}

#[derive(Clone, Serialize, Deserialize)]
struct KeyFile {
    info: KeyInfo,
    p: Wrapped,
    q: Wrapped,
}

impl KeyStore {
    pub fn open(folder: &Path) -> Result<KeyStore, KeydError> {
        let failed = |source| KeydError::File { action: "listing", path: folder.to_path_buf(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let mut keys = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|e| e == "json")
                && let Some(file) = read_json::<KeyFile>(&path)?
            {
                keys.insert(file.info.id.clone(), file);
            }
        }
        Ok(KeyStore { folder: folder.to_path_buf(), keys })
    }

    pub fn list(&self) -> Vec<KeyInfo> {
        self.keys.values().map(|k| k.info.clone()).collect()
    }

    /// Makes a key pair; it takes seconds.
    pub fn create(
        &mut self,
        vault: &Vault,
        owner: String,
        name: String,
        kind: KeyKind,
        operations: Vec<Operation>,
    ) -> Result<KeyInfo, KeydError> {
        let KeyKind::Paillier { bits } = kind;
        check_name(&name)?;
        if operations.is_empty() {
            return Err(KeydError::Refused(Refusal::Invalid("a key must allow at least one operation".into())));
        }
        if self.keys.len() >= KEYS_MAX {
            return Err(KeydError::Refused(Refusal::Invalid(format!("the box holds {KEYS_MAX} keys, its limit"))));
        }
        if self.keys.values().any(|k| k.info.owner == owner && k.info.name == name) {
            return Err(KeydError::Refused(Refusal::Exists(format!("{owner} has a key named {name:?} already"))));
        }
        if !he::KEY_BITS.contains(&bits) {
            let text = format!(
                "a Paillier key of {bits} bits: 2048, 3072 and 4096 are made (NIST SP 800-57: 112 bits of strength at least)"
            );
            return Err(KeydError::Refused(Refusal::Invalid(text)));
        }
        let pair = he::generate(bits).map_err(KeydError::KeyPair)?;
        let info = KeyInfo {
            id: HEXLOWER.encode(&random::<8>()?),
            owner,
            name,
            kind,
            operations,
            created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
            uses: 0,
            public: PaillierPublic { n: pair.n, hs: pair.hs },
        };
        let bound = bound(&info);
        let file = KeyFile { p: vault.wrap(&pair.p, &bound)?, q: vault.wrap(&pair.q, &bound)?, info: info.clone() };
        write_json(&self.path(&info.id), &file)?;
        self.keys.insert(info.id.clone(), file);
        Ok(info)
    }

    pub fn destroy(&mut self, id: &str) -> Result<(), KeydError> {
        self.find(id)?;
        remove(&self.path(id))?;
        self.keys.remove(id);
        Ok(())
    }

    pub fn lease(&mut self, vault: &Vault, id: &str, client: &str, operation: Operation) -> Result<Lease, KeydError> {
        let file = self.find(id)?;
        if file.info.owner != client {
            return Err(KeydError::Refused(Refusal::NotAllowed(format!("key {id} is not {client}'s"))));
        }
        if !file.info.operations.contains(&operation) {
            return Err(KeydError::Refused(Refusal::NotAllowed(format!("key {id} does not allow {operation:?}"))));
        }
        let private = match operation {
            Operation::Decrypt => {
                let bound = bound(&file.info);
                let open = |w: &Wrapped| {
                    vault
                        .unwrap(w, &bound)
                        .map_err(|e| KeydError::Refused(Refusal::Unavailable(format!("key {id}: {e}"))))
                };
                Some(PaillierPrivate { p: open(&file.p)?, q: open(&file.q)? })
            }
            Operation::Encrypt | Operation::Evaluate => None,
        };
        let mut counted = file.clone();
        counted.info.uses += 1;
        write_json(&self.path(id), &counted)?;
        let info = counted.info.clone();
        self.keys.insert(id.to_string(), counted);
        Ok(Lease { info, private })
    }

    fn find(&self, id: &str) -> Result<&KeyFile, KeydError> {
        self.keys.get(id).ok_or_else(|| KeydError::Refused(Refusal::NotFound(format!("no key {id:?}"))))
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

/// What a wrapped key is bound to: change owner, rights or public key in the file, and it does not open.
fn bound(info: &KeyInfo) -> Vec<u8> {
    let public = [info.public.n.as_slice(), info.public.hs.as_slice()].concat();
    let public = HEXLOWER.encode(ring::digest::digest(&ring::digest::SHA256, &public).as_ref());
    format!("{:?}", (&info.id, &info.owner, &info.name, info.kind, &info.operations, public)).into_bytes()
}

fn check_name(name: &str) -> Result<(), KeydError> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(fine) {
        let text = format!("key name {name:?}: 1 to 64 letters, digits, '-', '_' or '.' are allowed");
        return Err(KeydError::Refused(Refusal::Invalid(text)));
    }
    Ok(())
}
