//! Keys that leave in a backup, and keys that come back from one.

use he::HeError;
use ipc::Text;
use ipc::keyd::{KeyInfo, KeyKind, KeyState, Primes, PublicKey, Refusal};
use serde::{Deserialize, Serialize};

use super::{KeyStore, Wanted};
use crate::error::{invalid, not_found};
use crate::{KeydError, import};

/// A key as it lies in a backup.
#[derive(Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) info: KeyInfo,
    pub(crate) primes: Primes,
}

/// A key of a backup that is good. It was checked as a stranger's: what a backup holds, whoever made it could choose.
pub(crate) struct CheckedEntry(Entry);

impl Entry {
    /// Takes seconds, and no lock.
    pub(crate) fn checked(self) -> Result<CheckedEntry, KeydError> {
        let Entry { info, primes } = &self;
        let id = info.id.as_str();
        match import::check(&info.public) {
            Ok(kind) if kind == info.kind && !info.imported => {}
            Ok(_) => return Err(invalid(format!("key {id} is of another kind than it says"))),
            Err(error) => return Err(invalid(format!("key {id}: {error}"))),
        }
        let private = private_part(info.kind, &info.public, primes);
        private.map_err(|e| invalid(format!("key {id}: its private part is not that of its public part: {e}")))?;
        Ok(CheckedEntry(self))
    }
}

impl KeyStore {
    /// `owner`'s keys with a private part that have one of these names or ids; all of them, if none is named.
    pub(crate) fn for_backup(&self, owner: &str, named: &[&str]) -> Result<Vec<KeyInfo>, KeydError> {
        self.vault.check_open()?;
        let own: Vec<&KeyInfo> = self.keys.values().map(|k| &k.info).filter(|i| i.owner == *owner).collect();
        let is_open = |info: &KeyInfo| !info.imported && info.state == KeyState::Usable;
        if named.is_empty() {
            return Ok(own.into_iter().filter(|info| is_open(info)).cloned().collect());
        }
        let find = |wanted: &&str| {
            let found = own.iter().find(|i| i.id == **wanted || i.name == **wanted);
            let found = found.ok_or_else(|| not_found(format!("{owner} has no key {wanted:?}")))?;
            match is_open(found) {
                true => Ok((*found).clone()),
                false => Err(invalid(format!("key {wanted:?} has no private part that could be backed up"))),
            }
        };
        named.iter().map(find).collect()
    }

    /// As it is now.
    pub(crate) fn entry(&self, id: &str) -> Result<Entry, KeydError> {
        let file = self.find(id)?;
        Ok(Entry { info: file.info.clone(), primes: self.private(file)? })
    }

    /// With its owner, rights, limits and uses. One that exists stays as it is.
    pub(crate) fn restore(&mut self, entry: CheckedEntry) -> Result<KeyInfo, KeydError> {
        let CheckedEntry(Entry { mut info, primes }) = entry;
        let id = info.id.as_str();
        let exists = self.keys.contains_key(id) || self.damaged.contains(id);
        if exists {
            let text = format!("key {id} is in this box already, and stays as it is");
            return Err(KeydError::Refused(Refusal::Exists(Text::shortened(&text))));
        }
        if id.len() != 16 || !id.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase()) {
            return Err(invalid(format!("{id:?} is no key's id")));
        }
        let (owner, name, operations) = (info.owner.clone(), info.name.clone(), info.operations.clone());
        // An expired key may come back: what it encrypted did not.
        let limits = ipc::keyd::Limits { expires: 0, ..info.limits };
        self.check_new(&Wanted { owner, name, operations, limits }, info.kind)?;
        info.state = KeyState::Usable;
        self.keep_private(info, &primes)
    }
}

/// Whether these are the public part's primes, and good ones.
fn private_part(kind: KeyKind, public: &PublicKey, primes: &Primes) -> Result<(), HeError> {
    match kind {
        KeyKind::Paillier { .. } => {
            // A key that was made in a box has its obfuscators' base.
            let public = he::PublicKey::new(public.n.as_slice(), public.hs.as_slice())?;
            he::PrivateKey::import(&public, &primes.p, &primes.q).map(drop)
        }
        KeyKind::Rsa { .. } => {
            let e = public.e.as_slice().iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
            let public = he::rsa::PublicKey::new(public.n.as_slice(), e)?;
            he::rsa::PrivateKey::import(&public, &primes.p, &primes.q).map(drop)
        }
    }
}
