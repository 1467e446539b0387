//! Keys that leave in a backup, and keys that come back from one.

use he::{HeError, diffie_hellman, elgamal, okamoto_uchiyama};
use ipc::Text;
use ipc::keyd::{KeyInfo, KeyKind, KeyState, PrivatePart, PublicKey, Refusal};
use serde::{Deserialize, Serialize};

use super::new::group_of;
use super::{KeyStore, Wanted};
use crate::error::{invalid, not_found};
use crate::{KeydError, import};

/// A key as it lies in a backup.
#[derive(Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) info: KeyInfo,
    pub(crate) primes: PrivatePart,
}

/// A key of a backup that is good. It was checked as a stranger's: what a backup holds, whoever made it could choose.
pub(crate) struct CheckedEntry(Entry);

impl Entry {
    /// Takes seconds, and no lock.
    pub(crate) fn checked(self) -> Result<CheckedEntry, KeydError> {
        let Entry { info, primes } = &self;
        let id = info.id.as_str();
        import::check_made(info.kind, &info.public).map_err(|e| invalid(format!("key {id}: {e}")))?;
        if info.imported {
            return Err(invalid(format!("key {id} has no private part that could come back")));
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
fn private_part(kind: KeyKind, public: &PublicKey, primes: &PrivatePart) -> Result<(), HeError> {
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
        KeyKind::OkamotoUchiyama { .. } => {
            let public = okamoto_uchiyama::PublicKey::new(public.n.as_slice(), public.hs.as_slice())?;
            okamoto_uchiyama::PrivateKey::import(&public, &primes.p, &primes.q).map(drop)
        }
        KeyKind::ElGamal => {
            let found = elgamal::PrivateKey::import(&primes.p)?.public().to_bytes();
            is_whole(primes, &found, public)
        }
        KeyKind::DiffieHellman { group } => {
            let group = group_of(group)?;
            let found = diffie_hellman::PrivateKey::import(&group, &primes.p)?.public_value(&group).to_be();
            is_whole(primes, &found, public)
        }
    }
}

/// Whether a private part of one number is all that there is, and has this public part.
fn is_whole(primes: &PrivatePart, found: &[u8], public: &PublicKey) -> Result<(), HeError> {
    if !primes.q.is_empty() {
        return Err(HeError::Key { what: "there is a second private number" });
    }
    match found == public.n.as_slice() {
        true => Ok(()),
        false => Err(HeError::Key { what: "the public part is another key's" }),
    }
}

#[cfg(test)]
mod tests {
    use ipc::keyd::{Limits, Operation};
    use ipc::{Bytes, List, Name};
    use secrets::Secret;

    use super::*;

    fn checked(n: &[u8], hs: &[u8], p: &[u8], q: &[u8]) -> Result<CheckedEntry, String> {
        checked_of(KeyKind::Paillier { bits: 2048 }, n, hs, p, q)
    }

    fn checked_of(kind: KeyKind, n: &[u8], hs: &[u8], p: &[u8], q: &[u8]) -> Result<CheckedEntry, String> {
        let name = |text: &str| Name::new("a name", text).unwrap();
        let public =
            PublicKey { n: Bytes::new("n", n).unwrap(), hs: Bytes::new("hs", hs).unwrap(), e: Bytes::default() };
        let info = KeyInfo {
            id: name("0011223344556677"),
            owner: name("alice"),
            name: name("k"),
            kind,
            operations: List::new("operations", vec![Operation::Decrypt]).unwrap(),
            created: 0,
            uses: 0,
            limits: Limits::default(),
            private_uses: 0,
            public,
            imported: false,
            state: KeyState::Usable,
        };
        let primes = PrivatePart { p: Secret::copy_of(p), q: Secret::copy_of(q) };
        Entry { info, primes }.checked().map_err(|e| e.to_string())
    }

    /// A backup holds what its maker put there: it is looked at as at a stranger's.
    #[test]
    fn a_paillier_key_from_a_backup_is_checked_by_its_primes() {
        let mut pairs = [he::generate(2048).unwrap(), he::generate(2048).unwrap()];
        // The other's hs is below the square of this one's n, too.
        pairs.sort_by(|a, b| b.n.cmp(&a.n));
        let [pair, other] = pairs;
        let (p, q) = (pair.p.expose(), pair.q.expose());
        assert!(checked(&pair.n, &pair.hs, p, q).is_ok() && checked(&pair.n, &pair.hs, q, p).is_ok());
        let refused = |hs: &[u8], p: &[u8], q: &[u8]| checked(&pair.n, hs, p, q).err().unwrap();
        assert!(refused(&pair.hs, p, other.q.expose()).contains("private part"));
        // Everybody could encrypt with it, and nothing would decrypt to what it was.
        assert!(refused(&other.hs, p, q).contains("n-th power"));
        assert!(refused(&[4], p, q).contains("n-th power"));
        assert!(refused(&[1], p, q).contains("hides nothing"));
        assert!(refused(&[], p, q).contains("hs"));
        assert!(refused(&pair.hs, &pair.n, &[1]).contains("private part"));
    }

    #[test]
    fn keys_of_the_other_schemes_are_checked_by_their_private_part() {
        let kind = KeyKind::OkamotoUchiyama { bits: 3072 };
        let pair = he::okamoto_uchiyama::generate(3072).unwrap();
        let (p, q) = (pair.p.expose(), pair.q.expose());
        assert!(checked_of(kind, &pair.n, &pair.g, p, q).is_ok());
        assert!(checked_of(kind, &pair.n, &pair.g, q, p).err().unwrap().contains("private part"));
        assert!(checked_of(kind, &pair.n, &[1], p, q).err().unwrap().contains("root of 1"));
        let shorter = KeyKind::OkamotoUchiyama { bits: 4608 };
        assert!(checked_of(shorter, &pair.n, &pair.g, p, q).err().unwrap().contains("3072 bits"));

        let (own, other) = (elgamal::PrivateKey::generate().unwrap(), elgamal::PrivateKey::generate().unwrap());
        let (public, private) = (own.public().to_bytes(), own.export());
        let curve = |public: &[u8], p: &[u8], q: &[u8]| checked_of(KeyKind::ElGamal, public, &[], p, q).err();
        assert!(curve(&public, private.expose(), &[]).is_none());
        assert!(curve(&public, private.expose(), &[1]).unwrap().contains("second private number"));
        assert!(curve(&public, other.export().expose(), &[]).unwrap().contains("another key's"));
        assert!(curve(&[7; 32], private.expose(), &[]).is_some() && curve(&public, &[0; 32], &[]).is_some());

        let (group, foreign) = (ipc::keyd::Group::Ffdhe2048, ipc::keyd::Group::Ffdhe3072);
        let known = group_of(group).unwrap();
        let own = diffie_hellman::PrivateKey::generate(&known).unwrap();
        let (public, private) = (own.public_value(&known).to_be(), own.export());
        let of =
            |group, public: &[u8], p: &[u8]| checked_of(KeyKind::DiffieHellman { group }, public, &[], p, &[]).err();
        assert!(of(group, &public, private.expose()).is_none());
        assert!(of(foreign, &public, private.expose()).unwrap().contains("another group's length"));
        assert!(of(group, &public[1..], private.expose()).unwrap().contains("another key's"));
        assert!(of(group, &public, &[0; 40]).unwrap().contains("exponent is 0"));
    }
}
