//! The customers' keys: one file each, the private part wrapped by the vault and bound to its owner and its rights.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::HEXLOWER;
use ipc::keyd::{KEYS_LISTED, KeyInfo, KeyKind, Lease, Operation, Primes, PublicKey, Refusal};
use secrets::Secret;
use serde::{Deserialize, Serialize};

use crate::KeydError;
use crate::files::{read_json, remove, write_json};
use crate::import;
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    p: Option<Wrapped>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    q: Option<Wrapped>,
    /// For an imported key, which has no private part: nothing, wrapped, so that its file cannot be changed either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seal: Option<Wrapped>,
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

    /// `owner`'s keys with an id above `after`, as many as a message holds.
    pub fn list(&self, owner: &str, after: &str) -> Vec<KeyInfo> {
        let later = self.keys.range::<str, _>((Bound::Excluded(after), Bound::Unbounded));
        later.map(|(_, k)| &k.info).filter(|info| info.owner == owner).take(KEYS_LISTED).cloned().collect()
    }

    /// The client's key of this id; another's is as good as none.
    pub fn info(&self, id: &str, client: &str) -> Result<KeyInfo, KeydError> {
        match self.keys.get(id) {
            Some(file) if file.info.owner == client => Ok(file.info.clone()),
            _ => Err(KeydError::Refused(Refusal::NotFound(format!("{client} has no key {id:?}")))),
        }
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
        self.check_new(&owner, &name, kind, &operations)?;
        let (public, p, q) = generate(kind)?;
        let info = new_info(owner, name, kind, operations, public, false)?;
        let bound = bound(&info);
        let (p, q) = (vault.wrap(&p, &bound)?, vault.wrap(&q, &bound)?);
        self.store(KeyFile { info, p: Some(p), q: Some(q), seal: None })
    }

    /// Takes somebody else's public key in.
    pub fn import(
        &mut self,
        vault: &Vault,
        owner: String,
        name: String,
        public: PublicKey,
        operations: Vec<Operation>,
    ) -> Result<KeyInfo, KeydError> {
        let invalid = |text: String| KeydError::Refused(Refusal::Invalid(text));
        if operations.iter().any(|o| matches!(o, Operation::Decrypt | Operation::Sign)) {
            return Err(invalid("an imported key has no private part: it can encrypt and evaluate".into()));
        }
        let kind = import::check(&public).map_err(|e| invalid(format!("the key to import: {e}")))?;
        self.check_new(&owner, &name, kind, &operations)?;
        let info = new_info(owner, name, kind, operations, public, true)?;
        let seal = vault.wrap(&Secret::new(Vec::new()), &bound(&info))?;
        self.store(KeyFile { info, p: None, q: None, seal: Some(seal) })
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
        let bound = bound(&file.info);
        let open = |wrapped: &Wrapped| {
            let unavailable = |e| KeydError::Refused(Refusal::Unavailable(format!("key {id}: {e}")));
            vault.unwrap(wrapped, &bound).map_err(unavailable)
        };
        if let Some(seal) = &file.seal {
            open(seal)?;
        }
        let private = match (operation, &file.p, &file.q) {
            (Operation::Encrypt | Operation::Evaluate, ..) => None,
            (Operation::Decrypt | Operation::Sign, Some(p), Some(q)) => Some(Primes { p: open(p)?, q: open(q)? }),
            (Operation::Decrypt | Operation::Sign, ..) => {
                return Err(KeydError::Refused(Refusal::NotAllowed(format!("key {id} has no private part"))));
            }
        };
        let mut counted = file.clone();
        counted.info.uses += 1;
        write_json(&self.path(id), &counted)?;
        let info = counted.info.clone();
        self.keys.insert(id.to_string(), counted);
        Ok(Lease { info, private })
    }

    fn check_new(&self, owner: &str, name: &str, kind: KeyKind, operations: &[Operation]) -> Result<(), KeydError> {
        let invalid = |text: String| Err(KeydError::Refused(Refusal::Invalid(text)));
        check_name(name)?;
        if operations.is_empty() {
            return invalid("a key must allow at least one operation".into());
        }
        if let Some(operation) = operations.iter().find(|o| !kind.operations().contains(o)) {
            return invalid(format!("{operation:?} is nothing that such a key can do"));
        }
        if self.keys.len() >= KEYS_MAX {
            return invalid(format!("the box holds {KEYS_MAX} keys, its limit"));
        }
        if self.keys.values().any(|k| k.info.owner == owner && k.info.name == name) {
            return Err(KeydError::Refused(Refusal::Exists(format!("{owner} has a key named {name:?} already"))));
        }
        Ok(())
    }

    fn store(&mut self, file: KeyFile) -> Result<KeyInfo, KeydError> {
        let info = file.info.clone();
        write_json(&self.path(&info.id), &file)?;
        self.keys.insert(info.id.clone(), file);
        Ok(info)
    }

    fn find(&self, id: &str) -> Result<&KeyFile, KeydError> {
        self.keys.get(id).ok_or_else(|| KeydError::Refused(Refusal::NotFound(format!("no key {id:?}"))))
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

/// A key pair of this kind: what is public of it, and the primes.
fn generate(kind: KeyKind) -> Result<(PublicKey, Secret, Secret), KeydError> {
    if !he::KEY_BITS.contains(&kind.bits()) {
        let text = format!(
            "a key of {} bits: 2048, 3072 and 4096 are made (NIST SP 800-57: 112 bits of strength at least)",
            kind.bits()
        );
        return Err(KeydError::Refused(Refusal::Invalid(text)));
    }
    match kind {
        KeyKind::Paillier { bits } => {
            let pair = he::generate(bits).map_err(KeydError::KeyPair)?;
            Ok((PublicKey { n: pair.n, hs: pair.hs, e: Vec::new() }, pair.p, pair.q))
        }
        KeyKind::Rsa { bits } => {
            let pair = he::rsa::generate(bits).map_err(KeydError::KeyPair)?;
            let e = he::rsa::PUBLIC_EXPONENT.to_be_bytes();
            let e = e.iter().copied().skip_while(|byte| *byte == 0).collect();
            Ok((PublicKey { n: pair.n, hs: Vec::new(), e }, pair.p, pair.q))
        }
    }
}

fn new_info(
    owner: String,
    name: String,
    kind: KeyKind,
    operations: Vec<Operation>,
    public: PublicKey,
    imported: bool,
) -> Result<KeyInfo, KeydError> {
    let id = HEXLOWER.encode(&random::<8>()?);
    let created = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    Ok(KeyInfo { id, owner, name, kind, operations, created, uses: 0, public, imported })
}

/// What a wrapped key is bound to: change owner, rights or public key in the file, and it does not open.
fn bound(info: &KeyInfo) -> Vec<u8> {
    // The kind says how long n is, and which of the two follows it.
    let public = [info.public.n.as_slice(), info.public.hs.as_slice(), info.public.e.as_slice()].concat();
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
