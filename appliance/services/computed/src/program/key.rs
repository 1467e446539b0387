//! A program's key: leased from keyd, and opened for the arithmetic.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{CardStatus, Modulus, read_be};
use he::diffie_hellman::{Group, GroupName};
use he::{HeError, PrivateKey, PublicKey, diffie_hellman, elgamal, okamoto_uchiyama, rsa};
use ipc::keyd::{KeyKind, Lease, Operation, PrivatePart};
use zeroize::Zeroizing;

use crate::error::RunError;
use crate::keyd::Keyd;
use crate::program::inputs::ProgramInputs;
use crate::work::Work;
use crate::workshop::{PreparedKey, Workshop};

/// From so many encryptions on, making the tables of a private key, which are wiped with the lease, is worth it.
const OWN_KEY_ITEMS: u64 = 4096;

/// A program's key, as it works with it.
pub(crate) enum Key {
    Paillier { public: Arc<PublicKey>, private: Option<PrivateKey> },
    Rsa { public: rsa::PublicKey, private: Option<rsa::PrivateKey> },
    OkamotoUchiyama { public: Arc<okamoto_uchiyama::PublicKey>, private: Option<okamoto_uchiyama::PrivateKey> },
    ElGamal { public: Arc<elgamal::PublicKey>, private: Option<elgamal::PrivateKey> },
    DiffieHellman { group: Group, private: Option<diffie_hellman::PrivateKey> },
    None(Modulus),
}

/// A lease of keyd's, given back when this is dropped: the key is wiped with it.
pub(crate) struct Held {
    keyd: Keyd,
    lease: u64,
    until: Instant,
}

impl Held {
    /// The key must be leased anew.
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.keyd.end_lease(self.lease);
    }
}

impl Key {
    /// Leases the key that the inputs name, or takes the modulus that they bring along.
    pub(crate) fn of(workshop: &Workshop, inputs: &ProgramInputs) -> Result<(Key, Option<Held>), RunError> {
        let (work, items) = (&inputs.spec.work, inputs.spec.items());
        let (Some(info), Some(needs)) = (&inputs.key, inputs.layout.needs.first().copied()) else {
            return match work {
                Work::ModularExponentiation { modulus, .. } => Ok((Key::None(Modulus::new(&limbs(modulus))?), None)),
                _ => Err(RunError::NoKey),
            };
        };
        // The owner encrypts with the primes, which is faster; whoever may decrypt may have them. Not where a card is in
        // service: it does the public key's powers, and knows none of the primes.
        let card = matches!(workshop.engine.status().card, CardStatus::InService(_));
        let own = !card
            && matches!(info.kind, KeyKind::Paillier { .. })
            && matches!(work, Work::Encrypt { without_obfuscation: false, .. })
            && info.operations.as_slice().contains(&Operation::Decrypt)
            && items >= OWN_KEY_ITEMS;
        let operation = if own { Operation::Decrypt } else { needs };
        let leased = workshop.keyd.lease(info.id.as_str(), &inputs.client, operation).map_err(RunError::Keyd)?;
        let until = Instant::now() + Duration::from_secs(leased.valid_s.into());
        let held = Held { keyd: workshop.keyd.clone(), lease: leased.lease, until };
        let key = Key::open(workshop, leased)?;
        let hides = matches!(work, Work::Encrypt { without_obfuscation: false, .. });
        if hides || matches!(work, Work::Obfuscate { .. } | Work::PackedEncrypt { .. }) {
            key.prepare(workshop);
        }
        Ok((key, Some(held)))
    }

    /// Makes the tables of a key that encrypts. Before the first block, since a card is asked only for what is dearer than
    /// its check, and the check needs them too.
    fn prepare(&self, workshop: &Workshop) {
        match self {
            Key::Paillier { private: Some(private), .. } => private.prepare(&workshop.engine),
            Key::Paillier { public, private: None } => public.prepare(&workshop.engine),
            Key::OkamotoUchiyama { public, .. } => public.prepare(&workshop.engine),
            Key::Rsa { .. } | Key::ElGamal { .. } | Key::DiffieHellman { .. } | Key::None(_) => 0,
        };
    }

    fn open(workshop: &Workshop, lease: Lease) -> Result<Key, RunError> {
        let (info, private) = (&lease.info, lease.private.as_ref());
        match info.kind {
            KeyKind::Paillier { .. } | KeyKind::OkamotoUchiyama { .. } | KeyKind::ElGamal => {
                Key::additive(workshop.public(info)?, private)
            }
            KeyKind::Rsa { .. } => {
                let e = info.public.e.as_slice().iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
                let public = rsa::PublicKey::new(info.public.n.as_slice(), e)?;
                let private = private.map(|s| rsa::PrivateKey::new(&public, &s.p, &s.q)).transpose()?;
                Ok(Key::Rsa { public, private })
            }
            KeyKind::DiffieHellman { .. } => {
                let group = group_of(info.kind)?;
                let private = private.map(|s| diffie_hellman::PrivateKey::import(&group, &s.p)).transpose()?;
                Ok(Key::DiffieHellman { group, private })
            }
        }
    }

    fn additive(public: PreparedKey, private: Option<&PrivatePart>) -> Result<Key, RunError> {
        Ok(match public {
            PreparedKey::Paillier(public) => {
                let private = private.map(|s| PrivateKey::new(&public, &s.p, &s.q)).transpose()?;
                Key::Paillier { public, private }
            }
            PreparedKey::OkamotoUchiyama(public) => {
                let private = private.map(|s| okamoto_uchiyama::PrivateKey::new(&public, &s.p, &s.q)).transpose()?;
                Key::OkamotoUchiyama { public, private }
            }
            PreparedKey::ElGamal(public) => {
                let private = private.map(|s| elgamal::PrivateKey::import(&s.p)).transpose()?;
                Key::ElGamal { public, private }
            }
        })
    }
}

/// The group of a Diffie-Hellman key.
pub(crate) fn group_of(kind: KeyKind) -> Result<Group, HeError> {
    let name = match kind {
        KeyKind::DiffieHellman { group } => GroupName::named(group.name()),
        _ => None,
    };
    Group::new(name.ok_or(HeError::Key { what: "it is of no group that is known" })?)
}

/// A big-endian number in limbs.
pub(crate) fn limbs(bytes: &[u8]) -> Zeroizing<Vec<u64>> {
    let mut limbs = Zeroizing::new(vec![0; bytes.len().div_ceil(8)]);
    read_be(bytes, &mut limbs);
    limbs
}
