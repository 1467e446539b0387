//! A job's or an interactive batch's operation with its key and its factors, done block by block.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use engine::{CardStatus, Modulus, read_be};
use he::rsa::BlindingFactors;
use he::{Ciphertexts, PrivateKey, PublicKey, rsa};
use ipc::keyd::{KeyInfo, KeyKind, Lease, Operation};
use zeroize::Zeroizing;

use crate::error::RunError;
use crate::layout::Layout;
use crate::limits::{BLOCK_BYTES, BLOCK_ITEMS_CHEAP, BLOCK_ITEMS_DEAR, BLOCK_PRODUCTS};
use crate::request::{Side, Spec, Work};
use crate::workshop::{Used, Watch, Workshop};

mod modexp;
mod paillier;
mod rsa_steps;

/// From so many encryptions on, making the tables of a private key, which are wiped with the lease, is worth it.
const OWN_KEY_ITEMS: u64 = 4096;

/// What a program is made of. Everything in it was checked.
pub(crate) struct Parts {
    pub(crate) client: String,
    pub(crate) spec: Spec,
    pub(crate) layout: Layout,
    /// `None` for an operation without a key.
    pub(crate) key: Option<KeyInfo>,
    /// As in [`Spec::factors`], big-endian.
    pub(crate) factors: Zeroizing<Vec<u8>>,
    /// The other operand of an addition.
    pub(crate) addend: Option<File>,
    /// The operand was checked, or computed here.
    pub(crate) trusted: bool,
}

pub(crate) struct Program {
    workshop: Arc<Workshop>,
    parts: Parts,
    key: Key,
    /// Items of the operand that are done.
    next: usize,
    /// What is added up, in groups of the result's rows.
    sums: Vec<Option<Ciphertexts>>,
    /// Made by a blinding, or used up by an unblinding, a block each.
    blinds: std::collections::VecDeque<BlindingFactors>,
    used: Used,
}

#[expect(clippy::large_enum_variant, reason = "one a job, not in a collection")]
enum Key {
    Paillier { public: Arc<PublicKey>, private: Option<PrivateKey> },
    Rsa { public: rsa::PublicKey, private: Option<rsa::PrivateKey> },
    None(Modulus),
}

impl Program {
    /// Leases the key; for threads that are no part of a runtime.
    pub(crate) fn open(workshop: Arc<Workshop>, parts: Parts) -> Result<Program, RunError> {
        let key = match (&parts.key, parts.layout.needs) {
            (Some(info), Some(needs)) => {
                // The owner encrypts with the primes, which is faster; whoever may decrypt may have them. Not where a card is in
                // service: it does the public key's powers, and knows none of the primes.
                let card = matches!(workshop.engine.status().card, CardStatus::InService(_));
                let own = !card
                    && matches!(parts.spec.work, Work::Encrypt { without_obfuscation: false, .. })
                    && info.operations.contains(&Operation::Decrypt)
                    && parts.spec.items() >= OWN_KEY_ITEMS;
                let operation = if own { Operation::Decrypt } else { needs };
                let lease = workshop.keyd.lease(&info.id, &parts.client, operation).map_err(RunError::Keyd)?;
                let key = Key::open(&workshop, lease)?;
                if matches!(parts.spec.work, Work::Encrypt { without_obfuscation: false, .. } | Work::Obfuscate { .. })
                {
                    key.prepare(&workshop);
                }
                key
            }
            _ => match &parts.spec.work {
                Work::ModularExponentiation { modulus, .. } => Key::None(Modulus::new(&limbs(modulus))?),
                _ => return Err(RunError::NoKey),
            },
        };
        let blinds = match &parts.spec.work {
            Work::RsaUnblind { blind_job, .. } => workshop.blinds.take(blind_job)?.into(),
            _ => Default::default(),
        };
        Ok(Program { workshop, parts, key, next: 0, sums: Vec::new(), blinds, used: Used::default() })
    }

    /// Items of the operand in a block: whole rows where rows belong together.
    pub(crate) fn block_items(&self) -> usize {
        block_items(&self.parts.spec, &self.parts.layout)
    }

    /// Does the next block; what it gives of the result, if it gives anything yet.
    pub(crate) fn step(&mut self, block: &[u8], watch: &Watch<'_>) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let result = match &self.key {
            Key::Paillier { .. } => self.paillier(block, watch),
            Key::Rsa { .. } => self.rsa(block, watch),
            Key::None(_) => self.modexp(block, watch),
        };
        let result = result.map_err(|e| e.counted_from(self.next))?;
        self.next += block.len() / self.parts.layout.operand_bytes;
        Ok(result)
    }

    /// What is left to give after the last block.
    pub(crate) fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        let sums = self.sums.drain(..).flatten().flat_map(|s| s.to_be());
        Zeroizing::new(sums.collect())
    }

    /// After a blinding: its factors.
    pub(crate) fn into_blinds(self) -> Vec<BlindingFactors> {
        self.blinds.into()
    }

    /// What it ran on so far.
    pub(crate) fn used(&self) -> String {
        self.used.name(self.workshop.engine.cpu().unit().name())
    }

    /// The next bytes of the addend.
    fn beside(&mut self, bytes: usize) -> Result<Vec<u8>, RunError> {
        let mut beside = vec![0; bytes];
        let file = self.parts.addend.as_mut().ok_or(RunError::NoKey)?;
        file.read_exact(&mut beside).map_err(RunError::Operand)?;
        Ok(beside)
    }
}

pub(crate) fn block_items(spec: &Spec, layout: &Layout) -> usize {
    let columns = spec.columns as usize;
    let in_bytes = (BLOCK_BYTES / layout.operand_bytes).max(1);
    let whole_rows = |items: usize| (items.min(in_bytes) / columns).max(1) * columns;
    match &spec.work {
        Work::ColumnSums { .. } | Work::RowSums { .. } => whole_rows(BLOCK_ITEMS_CHEAP),
        Work::MatrixProduct { side: Side::Right { columns: outputs }, .. } => {
            whole_rows(BLOCK_PRODUCTS / *outputs as usize)
        }
        Work::MatrixProduct { side: Side::Left { .. }, .. } => whole_rows(in_bytes),
        Work::Add { .. }
        | Work::Multiply { plaintext_bytes: 8, .. }
        | Work::Encrypt { without_obfuscation: true, .. } => BLOCK_ITEMS_CHEAP.min(in_bytes),
        _ => BLOCK_ITEMS_DEAR.min(in_bytes),
    }
}

impl Key {
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
                let e = info.public.e.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
                let public = rsa::PublicKey::new(&info.public.n, e)?;
                let private = primes.as_ref().map(|s| rsa::PrivateKey::new(&public, &s.p, &s.q)).transpose()?;
                Ok(Key::Rsa { public, private })
            }
        }
    }
}

fn limbs(bytes: &[u8]) -> Zeroizing<Vec<u64>> {
    let mut limbs = Zeroizing::new(vec![0; bytes.len().div_ceil(8)]);
    read_be(bytes, &mut limbs);
    limbs
}
