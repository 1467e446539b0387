//! The customers' keys: one file each, the private part wrapped under the key's data key in the vault and bound to its owner, its
//! rights and its limits.

mod limits;
mod new;
mod restored;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use ipc::keyd::{KEYS_LISTED, KeyInfo, KeyKind, KeyName, KeyState, Limits, Operation, PrivatePart, PublicKey, Refusal};
use ipc::{List, Name, Text};
use secrets::Secret;
use serde::{Deserialize, Serialize};

use crate::binding::binding;
use crate::error::{file, invalid, not_allowed, not_found};
use crate::vault::{Change, Outcome, Vault, Wrapped, closed};
use crate::{KeydError, chain, import, now};

pub use new::{Generated, check_bits, generate};
pub(crate) use restored::Entry;

/// Keys of one owner; a limit, so that a client can't fill the volume. What others have does not count.
const KEYS_OWNER: usize = 256;
/// 1 had no limits, and wrapped under the vault's own key.
const VERSION: u32 = 2;
const SIZE_MAX: u64 = 64 * 1024;

pub struct KeyStore {
    folder: PathBuf,
    keys: BTreeMap<String, KeyFile>,
    /// Ids of keys whose files cannot be read.
    damaged: BTreeSet<String>,
    vault: Vault,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyFile {
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
    pub limits: Limits,
}

/// A key whose end has begun: it is in nobody's list any more, and comes back if that fails.
pub(crate) struct Ending {
    file: KeyFile,
    change: Change,
}

impl KeyStore {
    /// A file that cannot be read costs its key and nothing else; it stays where it is. The second value names each.
    pub fn open(folder: &Path, vault: Vault) -> Result<(KeyStore, Vec<String>), KeydError> {
        durable_files::make_folder(folder).map_err(file("making", folder))?;
        let (keys, damaged) = (BTreeMap::new(), BTreeSet::new());
        let mut store = KeyStore { folder: folder.to_path_buf(), keys, damaged, vault };
        let mut troubles = Vec::new();
        for entry in fs::read_dir(folder).map_err(file("listing", folder))? {
            let path = entry.map_err(file("listing", folder))?.path();
            let Some(id) = path.file_name().and_then(|n| n.to_str()?.strip_suffix(".json")) else { continue };
            let why = match durable_files::read_json::<KeyFile>(&path, VERSION, SIZE_MAX) {
                Ok(Some(mut file)) if file.info.id == *id => {
                    let wrapped = file.wrapped().map(|w| w.vault.clone()).unwrap_or_default();
                    match store.vault.state_of(&wrapped, id) {
                        Some(state) => {
                            file.info.state = state;
                            store.keys.insert(id.into(), file);
                        }
                        // Its end was cut off, or somebody put a copy back: nothing opens it.
                        None => durable_files::remove(&path).map_err(crate::error::file("removing", &path))?,
                    }
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

    /// Those that no later start will find usable.
    pub fn lost(&self) -> Vec<KeyInfo> {
        self.keys.values().map(|k| &k.info).filter(|i| i.state.is_lost()).cloned().collect()
    }

    pub fn check_open(&self) -> Result<(), KeydError> {
        self.vault.check_open()
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

    /// All owners' keys behind this one of this owner, by owner and name, at most so many.
    pub(crate) fn all_after(&self, owner: &str, name: &str, most: usize) -> Vec<KeyInfo> {
        fn place(info: &KeyInfo) -> (&str, &str) {
            (info.owner.as_str(), info.name.as_str())
        }
        let mut later: Vec<&KeyInfo> =
            self.keys.values().map(|file| &file.info).filter(|info| place(info) > (owner, name)).collect();
        later.sort_unstable_by(|a, b| place(a).cmp(&place(b)));
        later.into_iter().take(most).cloned().collect()
    }

    /// Whose key this is, and what ends it.
    pub(crate) fn named(&self, id: &str) -> Option<(KeyName, Limits)> {
        let info = &self.keys.get(id)?.info;
        Some((KeyName { id: info.id.clone(), owner: info.owner.clone(), name: info.name.clone() }, info.limits))
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
    pub fn keep(&mut self, wanted: Wanted, pair: Generated) -> Result<KeyInfo, KeydError> {
        self.check_new(&wanted, pair.kind)?;
        let info = new::info(wanted, pair.kind, pair.public, false)?;
        self.keep_private(info, &PrivatePart { p: pair.p, q: pair.q })
    }

    /// Takes somebody else's public key in.
    pub fn import(&mut self, wanted: Wanted, kind: KeyKind, public: PublicKey) -> Result<KeyInfo, KeydError> {
        let private = |o: &Operation| o.is_private();
        if wanted.operations.as_slice().iter().any(private) {
            return Err(invalid("an imported key has no private part: it can encrypt and evaluate"));
        }
        import::check(kind, &public).map_err(|e| invalid(format!("the key to import: {e}")))?;
        self.check_new(&wanted, kind)?;
        let info = new::info(wanted, kind, public, true)?;
        self.admit(info.id.as_str())?;
        let seal = self.vault.wrap(info.id.as_str(), &Secret::new(Vec::new()), &binding(&info))?;
        self.store(KeyFile { info, p: None, q: None, seal: Some(seal) })
    }

    /// Begins the end of a key; `None`: there was nothing behind it that could open again, and its file is gone already. Who calls
    /// lets nobody else change the vault until [`KeyStore::end`].
    pub(crate) fn begin_end(&mut self, id: &str) -> Result<Option<Ending>, KeydError> {
        let found = self.find(id)?;
        match (found.info.state, self.vault.closed()) {
            (KeyState::Usable, _) if found.info.imported => {
                self.vault.dismiss(id)?;
                self.remove(id).map(|()| None)
            }
            (KeyState::Usable, _) => {
                let change = self.vault.without(id)?;
                Ok(self.keys.remove(id).map(|file| Ending { file, change }))
            }
            (KeyState::Closed, why) => Err(closed(why.unwrap_or_default())),
            (KeyState::OtherTpm | KeyState::NoVault, _) => self.remove(id).map(|()| None),
        }
    }

    /// What the change came to. Once the vault has no way back, the file is nothing any more.
    pub(crate) fn end(&mut self, file: KeyFile, outcome: Outcome) -> Result<(), KeydError> {
        let id = file.info.id.as_str().to_string();
        match outcome {
            Outcome::Done(changed) => {
                self.vault.install(changed);
                self.remove(&id)
            }
            Outcome::Nothing(why) => {
                self.keys.insert(id, file);
                Err(why)
            }
            Outcome::Unknown(why) => {
                let text = format!("the TPM failed while a key was destroyed ({}): restart the box", chain(&why));
                let closed = self.vault.close(&text);
                self.keys.insert(id, file);
                self.keys.values_mut().filter(|k| k.info.state == KeyState::Usable).for_each(|k| {
                    k.info.state = KeyState::Closed;
                });
                Err(closed)
            }
        }
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
        match (info.state, self.vault.closed()) {
            (KeyState::Closed, Some(why)) => Err(closed(why)),
            (state, _) => state.words().map_or(Ok(()), |words| Err(unavailable(id, words))),
        }?;
        limits::check(info, operation, now()).map_err(|why| unavailable(id, why))
    }

    /// The key, one use more, and its private part where the operation needs it. The use is on the disk before the key leaves.
    pub fn lease(
        &mut self,
        id: &str,
        client: &str,
        operation: Operation,
    ) -> Result<(KeyInfo, Option<PrivatePart>), KeydError> {
        self.may_lease(id, client, operation)?;
        let mut file = self.find(id)?.clone();
        let private = if operation.is_private() { Some(self.private(&file)?) } else { self.check_seal(&file)? };
        file.info.uses += 1;
        if let Some(primes) = &private {
            file.info.private_uses += 1;
            // The count is bound too, where it says something: a file with another one does not open.
            if file.info.limits.uses_max > 0 {
                file = self.wrapped(file.info, primes)?;
            }
        }
        let info = self.store(file)?;
        Ok((info, private))
    }

    /// Whether such a key may be made.
    pub fn check_new(&self, wanted: &Wanted, kind: KeyKind) -> Result<(), KeydError> {
        let Wanted { owner, name, operations, limits } = wanted;
        check_name(name.as_str())?;
        limits::check_new(limits, now()).map_err(invalid)?;
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

    fn keep_private(&mut self, info: KeyInfo, primes: &PrivatePart) -> Result<KeyInfo, KeydError> {
        self.admit(info.id.as_str())?;
        let file = self.wrapped(info, primes)?;
        self.store(file)
    }

    /// A data key for a new key; those of keys that never came to be are dropped.
    fn admit(&mut self, id: &str) -> Result<(), KeydError> {
        let (keys, damaged) = (&self.keys, &self.damaged);
        self.vault.admit(id, |known| keys.contains_key(known) || damaged.contains(known))
    }

    fn wrapped(&self, info: KeyInfo, primes: &PrivatePart) -> Result<KeyFile, KeydError> {
        let (id, bound) = (info.id.as_str(), binding(&info));
        let (p, q) = (self.vault.wrap(id, &primes.p, &bound)?, self.vault.wrap(id, &primes.q, &bound)?);
        Ok(KeyFile { info, p: Some(p), q: Some(q), seal: None })
    }

    fn private(&self, file: &KeyFile) -> Result<PrivatePart, KeydError> {
        let id = file.info.id.as_str();
        let (Some(p), Some(q)) = (&file.p, &file.q) else {
            return Err(not_allowed(format!("key {id} has no private part")));
        };
        let bound = binding(&file.info);
        let open = |wrapped| self.vault.unwrap(id, wrapped, &bound).map_err(|e| unavailable(id, e));
        Ok(PrivatePart { p: open(p)?, q: open(q)? })
    }

    /// An imported key's file is what it was.
    fn check_seal(&self, file: &KeyFile) -> Result<Option<PrivatePart>, KeydError> {
        let id = file.info.id.as_str();
        if let Some(seal) = &file.seal {
            self.vault.unwrap(id, seal, &binding(&file.info)).map_err(|e| unavailable(id, e))?;
        }
        Ok(None)
    }

    fn store(&mut self, content: KeyFile) -> Result<KeyInfo, KeydError> {
        let (info, path) = (content.info.clone(), self.path(content.info.id.as_str()));
        durable_files::write_json(&path, VERSION, &content).map_err(file("writing", &path))?;
        self.keys.insert(info.id.as_str().into(), content);
        Ok(info)
    }

    fn remove(&mut self, id: &str) -> Result<(), KeydError> {
        let path = self.path(id);
        durable_files::remove(&path).map_err(file("removing", &path))?;
        self.keys.remove(id);
        Ok(())
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

impl Ending {
    pub(crate) fn into_parts(self) -> (KeyFile, Change) {
        (self.file, self.change)
    }
}

impl KeyFile {
    fn wrapped(&self) -> Option<&Wrapped> {
        [&self.p, &self.q, &self.seal].into_iter().flatten().next()
    }
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
