//! A program's key: leased from keyd, and opened for the arithmetic.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{CardStatus, Modulus, read_be};
use he::{PrivateKey, PublicKey, rsa};
use ipc::keyd::{KeyKind, Lease, Operation};
use zeroize::Zeroizing;

use crate::error::RunError;
use crate::keyd::Keyd;
use crate::program::inputs::ProgramInputs;
use crate::work::Work;
use crate::workshop::Workshop;

/// From so many encryptions on, making the tables of a private key, which are wiped with the lease, is worth it.
const OWN_KEY_ITEMS: u64 = 4096;

/// A program's key, as it works with it.
#[expect(clippy::large_enum_variant, reason = "one a job, not in a collection")]
pub(crate) enum Key {
    Paillier { public: Arc<PublicKey>, private: Option<PrivateKey> },
    Rsa { public: rsa::PublicKey, private: Option<rsa::PrivateKey> },
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
            && matches!(work, Work::Encrypt { without_obfuscation: false, .. })
            && info.operations.as_slice().contains(&Operation::Decrypt)
            && items >= OWN_KEY_ITEMS;
        let operation = if own { Operation::Decrypt } else { needs };
        let leased = workshop.keyd.lease(info.id.as_str(), &inputs.client, operation).map_err(RunError::Keyd)?;
        let until = Instant::now() + Duration::from_secs(leased.valid_s.into());
        let held = Held { keyd: workshop.keyd.clone(), lease: leased.lease, until };
        let key = Key::open(workshop, leased)?;
        if matches!(work, Work::Encrypt { without_obfuscation: false, .. } | Work::Obfuscate { .. }) {
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
            Key::Rsa { .. } | Key::None(_) => 0,
        };
    }

    fn open(workshop: &Workshop, lease: Lease) -> Result<Key, RunError> {
        let (info, primes) = (&lease.info, &lease.private);
        match info.kind {
            KeyKind::Paillier { .. } => {
                let public = workshop.public(info)?;
                let private = primes.as_ref().map(|s| PrivateKey::new(&public, &s.p, &s.q)).transpose()?;
                Ok(Key::Paillier { public, private })
            }
            KeyKind::Rsa { .. } => {
                let e = info.public.e.as_slice().iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
                let public = rsa::PublicKey::new(info.public.n.as_slice(), e)?;
                let private = primes.as_ref().map(|s| rsa::PrivateKey::new(&public, &s.p, &s.q)).transpose()?;
                Ok(Key::Rsa { public, private })
            }
        }
    }
}

/// A big-endian number in limbs.
pub(crate) fn limbs(bytes: &[u8]) -> Zeroizing<Vec<u64>> {
    let mut limbs = Zeroizing::new(vec![0; bytes.len().div_ceil(8)]);
    read_be(bytes, &mut limbs);
    limbs
}
