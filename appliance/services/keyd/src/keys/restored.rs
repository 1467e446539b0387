//! Keys that leave in a backup, and keys that come back from one.

use crypto_bigint::{BoxedUint, ConcatenatingMul};
use ipc::Text;
use ipc::keyd::{KeyInfo, KeyKind, KeyState, Primes, Refusal};
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
    pub(crate) fn restore(&mut self, entry: Entry) -> Result<KeyInfo, KeydError> {
        let Entry { mut info, primes } = entry;
        let id = info.id.as_str();
        let exists = self.keys.contains_key(id) || self.damaged.contains(id);
        if exists {
            let text = format!("key {id} is in this box already, and stays as it is");
            return Err(KeydError::Refused(Refusal::Exists(Text::shortened(&text))));
        }
        if id.len() != 16 || !id.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase()) {
            return Err(invalid(format!("{id:?} is no key's id")));
        }
        if !matches(&info, &primes) {
            return Err(invalid(format!("key {id}: its private part is not that of its public part")));
        }
        let (owner, name, operations) = (info.owner.clone(), info.name.clone(), info.operations.clone());
        // An expired key may come back: what it encrypted did not.
        let limits = ipc::keyd::Limits { expires: 0, ..info.limits };
        self.check_new(&Wanted { owner, name, operations, limits }, info.kind)?;
        info.state = KeyState::Usable;
        self.keep_private(info, &primes)
    }
}

/// Whether the public part is a good one, of the kind that is said, and the product of these.
fn matches(info: &KeyInfo, primes: &Primes) -> bool {
    let kind = import::check(&info.public);
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    let half = info.public.n.as_slice().len() / 2;
    let fits = primes.p.len() == half && primes.q.len() == half;
    let kind_fits = matches!((&kind, info.kind),
        (Ok(found), wanted) if *found == wanted && (matches!(wanted, KeyKind::Rsa { .. }) || !info.public.hs.as_slice().is_empty()));
    let product = || number(primes.p.expose()).concatenating_mul(&number(primes.q.expose()));
    fits && !info.imported && kind_fits && product() == number(info.public.n.as_slice())
}
