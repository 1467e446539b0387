//! The customers' keys: one file each, the private part wrapped by the vault and bound to its owner and its rights.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ipc::keyd::{KEYS_LISTED, KeyInfo, KeyKind, KeyState, Operation, Primes, PublicKey, Refusal};
use ipc::{Bytes, List, Name, Text};
use secrets::Secret;
use serde::{Deserialize, Serialize};

use crate::binding::binding;
use crate::error::{file, invalid, not_allowed, not_found};
use crate::vault::{Vault, Wrapped, closed, random};
use crate::{KeydError, chain, import, now};

/// Keys of one owner; a limit, so that a client can't fill the volume. What others have does not count.
const KEYS_OWNER: usize = 256;
const VERSION: u32 = 1;
const SIZE_MAX: u64 = 64 * 1024;

pub struct KeyStore {
    folder: PathBuf,
    keys: BTreeMap<String, KeyFile>,
    /// Ids of keys whose files cannot be read.
    damaged: BTreeSet<String>,
    /// Why the vault is closed, if it is.
    closed: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

/// A key that somebody wants, and may have.
pub struct Wanted {
    pub owner: Name,
    pub name: Name,
    pub operations: List<Operation, 8>,
}

/// A fresh key pair.
pub struct Generated {
    kind: KeyKind,
    public: PublicKey,
    p: Secret,
    q: Secret,
}

impl KeyStore {
    /// A file that cannot be read costs its key and nothing else; it stays where it is. The second value names each.
    pub fn open(folder: &Path) -> Result<(KeyStore, Vec<String>), KeydError> {
        durable_files::make_folder(folder).map_err(file("making", folder))?;
        let mut store =
            KeyStore { folder: folder.to_path_buf(), keys: BTreeMap::new(), damaged: BTreeSet::new(), closed: None };
        let mut troubles = Vec::new();
        for entry in fs::read_dir(folder).map_err(file("listing", folder))? {
            let path = entry.map_err(file("listing", folder))?.path();
            let Some(id) = path.file_name().and_then(|n| n.to_str()?.strip_suffix(".json")) else { continue };
            let why = match durable_files::read_json::<KeyFile>(&path, VERSION, SIZE_MAX) {
                Ok(Some(file)) if file.info.id == *id => {
                    store.keys.insert(id.into(), file);
                    continue;
                }
                Ok(Some(_)) => "it holds another key".to_string(),
                Ok(None) => continue,
                Err(e) => chain(&e),
            };
            store.damaged.insert(id.into());
            troubles.push(format!("the file of key {id} cannot be used: {why}"));
        }
        Ok((store, troubles))
    }

    /// Finds out which keys this vault opens. The names of the others, with their owners and why not.
    pub fn judge(&mut self, vault: &Vault) -> Vec<KeyInfo> {
        self.closed = vault.closed().map(String::from);
        for file in self.keys.values_mut() {
            let wrapped = [&file.p, &file.q, &file.seal].into_iter().flatten().next();
            file.info.state = wrapped.map_or(KeyState::Usable, |w| vault.state_of(&w.vault));
        }
        self.keys.values().map(|k| &k.info).filter(|i| i.state != KeyState::Usable).cloned().collect()
    }

    /// Whether keys are owned by this name.
    pub fn has_owner(&self, owner: &str) -> bool {
        self.keys.values().any(|k| k.info.owner == *owner)
    }

    /// `owner`'s keys with an id above `after`, as many as a message holds.
    pub fn list(&self, owner: &str, after: &str) -> Vec<KeyInfo> {
        let later = self.keys.range::<str, _>((Bound::Excluded(after), Bound::Unbounded));
        later.map(|(_, k)| &k.info).filter(|info| info.owner == *owner).take(KEYS_LISTED).cloned().collect()
    }

    /// The client's key of this id; another's is as good as none.
    pub fn info(&self, id: &str, client: &str) -> Result<KeyInfo, KeydError> {
        match self.keys.get(id) {
            Some(file) if file.info.owner == *client => Ok(file.info.clone()),
            None if self.damaged.contains(id) => Err(unavailable(id, "its file is damaged")),
            _ => Err(not_found(format!("{client} has no key {id:?}"))),
        }
    }

    /// Keeps a new key pair.
    pub fn keep(&mut self, vault: &Vault, wanted: Wanted, pair: Generated) -> Result<KeyInfo, KeydError> {
        self.check_new(&wanted, pair.kind)?;
        let info = new_info(wanted, pair.kind, pair.public, false)?;
        let bound = binding(&info);
        let (p, q) = (vault.wrap(&pair.p, &bound)?, vault.wrap(&pair.q, &bound)?);
        self.store(KeyFile { info, p: Some(p), q: Some(q), seal: None })
    }

    /// Takes somebody else's public key in.
    pub fn import(&mut self, vault: &Vault, wanted: Wanted, public: PublicKey) -> Result<KeyInfo, KeydError> {
        let private = |o: &Operation| matches!(o, Operation::Decrypt | Operation::Sign);
        if wanted.operations.as_slice().iter().any(private) {
            return Err(invalid("an imported key has no private part: it can encrypt and evaluate"));
        }
        let kind = import::check(&public).map_err(|e| invalid(format!("the key to import: {e}")))?;
        self.check_new(&wanted, kind)?;
        let info = new_info(wanted, kind, public, true)?;
        let seal = vault.wrap(&Secret::new(Vec::new()), &binding(&info))?;
        self.store(KeyFile { info, p: None, q: None, seal: Some(seal) })
    }

    pub fn destroy(&mut self, id: &str) -> Result<(), KeydError> {
        self.find(id)?;
        let path = self.path(id);
        durable_files::remove(&path).map_err(file("removing", &path))?;
        self.keys.remove(id);
        Ok(())
    }

    /// Whether the client may use the key so.
    pub fn may_lease(&self, id: &str, client: &str, operation: Operation) -> Result<(), KeydError> {
        let info = &self.find(id)?.info;
        if info.owner != *client {
            return Err(not_allowed(format!("key {id} is not {client}'s")));
        }
        if !info.operations.as_slice().contains(&operation) {
            return Err(not_allowed(format!("key {id} does not allow {operation:?}")));
        }
        match (info.state, &self.closed) {
            (KeyState::Closed, Some(why)) => Err(closed(why)),
            (state, _) => state.words().map_or(Ok(()), |words| Err(unavailable(id, words))),
        }
    }

    /// The key, one use more, and its private part where the operation needs it.
    pub fn lease(
        &mut self,
        vault: &Vault,
        id: &str,
        client: &str,
        operation: Operation,
    ) -> Result<(KeyInfo, Option<Primes>), KeydError> {
        self.may_lease(id, client, operation)?;
        let file = self.find(id)?;
        let bound = binding(&file.info);
        let open = |wrapped: &Wrapped| vault.unwrap(wrapped, &bound).map_err(|e| unavailable(id, e));
        if let Some(seal) = &file.seal {
            open(seal)?;
        }
        let private = match (operation, &file.p, &file.q) {
            (Operation::Encrypt | Operation::Evaluate, ..) => None,
            (Operation::Decrypt | Operation::Sign, Some(p), Some(q)) => Some(Primes { p: open(p)?, q: open(q)? }),
            (Operation::Decrypt | Operation::Sign, ..) => {
                return Err(not_allowed(format!("key {id} has no private part")));
            }
        };
        let mut counted = file.clone();
        counted.info.uses += 1;
        let info = self.store(counted)?;
        Ok((info, private))
    }

    /// Whether such a key may be made.
    pub fn check_new(&self, wanted: &Wanted, kind: KeyKind) -> Result<(), KeydError> {
        let Wanted { owner, name, operations } = wanted;
        check_name(name.as_str())?;
        if operations.as_slice().is_empty() {
            return Err(invalid("a key must allow at least one operation"));
        }
        if let Some(operation) = operations.as_slice().iter().find(|o| !kind.operations().contains(o)) {
            return Err(invalid(format!("{operation:?} is nothing that such a key can do")));
        }
        let mut own = self.keys.values().filter(|k| k.info.owner == *owner);
        if own.clone().count() >= KEYS_OWNER {
            return Err(invalid(format!("{owner} has {KEYS_OWNER} keys, the limit")));
        }
        if own.any(|k| k.info.name == *name) {
            let text = format!("{owner} has a key named {name:?} already");
            return Err(KeydError::Refused(Refusal::Exists(Text::shortened(&text))));
        }
        Ok(())
    }

    fn store(&mut self, content: KeyFile) -> Result<KeyInfo, KeydError> {
        let (info, path) = (content.info.clone(), self.path(content.info.id.as_str()));
        durable_files::write_json(&path, VERSION, &content).map_err(file("writing", &path))?;
        self.keys.insert(info.id.as_str().into(), content);
        Ok(info)
    }

    fn find(&self, id: &str) -> Result<&KeyFile, KeydError> {
        match self.keys.get(id) {
            Some(file) => Ok(file),
            None if self.damaged.contains(id) => Err(unavailable(id, "its file is damaged")),
            None => Err(not_found(format!("no key {id:?}"))),
        }
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

/// A key pair of this kind; it takes seconds.
pub fn generate(kind: KeyKind) -> Result<Generated, KeydError> {
    let bytes = |what: &'static str, bytes: Vec<u8>| Bytes::new(what, bytes);
    let (public, p, q) = match kind {
        KeyKind::Paillier { bits } => {
            let pair = he::generate(bits).map_err(KeydError::KeyPair)?;
            let hs = Bytes::new("the obfuscators' base", pair.hs)?;
            (PublicKey { n: bytes("the modulus", pair.n)?, hs, e: Bytes::default() }, pair.p, pair.q)
        }
        KeyKind::Rsa { bits } => {
            let pair = he::rsa::generate(bits).map_err(KeydError::KeyPair)?;
            let e = he::rsa::PUBLIC_EXPONENT.to_be_bytes();
            let e = bytes("the exponent", e.iter().copied().skip_while(|byte| *byte == 0).collect())?;
            (PublicKey { n: bytes("the modulus", pair.n)?, hs: Bytes::default(), e }, pair.p, pair.q)
        }
    };
    Ok(Generated { kind, public, p, q })
}

/// Whether keys of this length are made.
pub fn check_bits(kind: KeyKind) -> Result<(), KeydError> {
    if he::KEY_BITS.contains(&kind.bits()) {
        return Ok(());
    }
    let bits = kind.bits();
    let strength = "2048, 3072 and 4096 are made (NIST SP 800-57: 112 bits of strength at least)";
    Err(invalid(format!("a key of {bits} bits: {strength}")))
}

fn new_info(wanted: Wanted, kind: KeyKind, public: PublicKey, imported: bool) -> Result<KeyInfo, KeydError> {
    let id = Name::new("the key's id", HEXLOWER.encode(&random::<8>()?))?;
    let Wanted { owner, name, operations } = wanted;
    Ok(KeyInfo {
        id,
        owner,
        name,
        kind,
        operations,
        created: now(),
        uses: 0,
        public,
        imported,
        state: KeyState::Usable,
    })
}

fn unavailable(id: &str, why: impl std::fmt::Display) -> KeydError {
    KeydError::Refused(Refusal::Unavailable(Text::shortened(&format!("key {id}: {why}"))))
}

fn check_name(name: &str) -> Result<(), KeydError> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(fine) {
        return Err(invalid(format!("key name {name:?}: 1 to 64 letters, digits, '-', '_' or '.' are allowed")));
    }
    Ok(())
}
