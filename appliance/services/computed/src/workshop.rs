//! What the worker and the interactive batches share: the engine and its turns, keyd, prepared keys, what lies ready.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{CardStatus, Control, Engine};
use he::elgamal::DiscreteLogarithms;
use he::{Additive, HeError, PublicKey, elgamal, okamoto_uchiyama};
use ipc::keyd::{KeyInfo, KeyKind};

use crate::blinds::Blinds;
use crate::keyd::Keyd;
use crate::limits;
use crate::pool::Pool;
use crate::turns::Turns;

pub(crate) struct Workshop {
    pub(crate) engine: Arc<Engine>,
    pub(crate) keyd: Keyd,
    pub(crate) turns: Turns,
    pub(crate) pool: Pool,
    pub(crate) blinds: Blinds,
    keys: Mutex<Vec<(String, PreparedKey)>>,
    logarithms: Mutex<Option<Arc<DiscreteLogarithms>>>,
}

/// A public key with its tables.
#[derive(Clone)]
pub(crate) enum PreparedKey {
    Paillier(Arc<PublicKey>),
    OkamotoUchiyama(Arc<okamoto_uchiyama::PublicKey>),
    ElGamal(Arc<elgamal::PublicKey>),
}

/// How work is followed from outside.
pub(crate) struct Watch<'a> {
    /// Whether it is to end; asked often.
    pub(crate) stop: &'a (dyn Fn() -> bool + Sync),
    /// Told of so many more steps (see `Spec::steps`).
    pub(crate) done: &'a (dyn Fn(u64) + Sync),
}

/// What a job ran on so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EnginesUsed {
    card: bool,
    failed: bool,
}

impl Workshop {
    pub(crate) fn new(engine: Arc<Engine>, keyd: Keyd) -> Workshop {
        Workshop {
            engine,
            keyd,
            turns: Turns::default(),
            pool: Pool::default(),
            blinds: Blinds::default(),
            keys: Mutex::new(Vec::new()),
            logarithms: Mutex::new(None),
        }
    }

    /// Waits for a turn, then works.
    pub(crate) fn turn<T, E: From<engine::EngineError>>(
        &self,
        used: &mut EnginesUsed,
        watch: &Watch<'_>,
        work: impl FnOnce(&Engine, Control<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let _turn = self.turns.take();
        let control = |_: usize| if (watch.stop)() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        if (watch.stop)() {
            return Err(engine::EngineError::Cancelled.into());
        }
        let before = self.engine.status().card;
        let result = work(&self.engine, &control);
        used.note(&before, &self.engine.status().card);
        result
    }

    /// A key under which plaintexts add up, with the tables that an earlier job made.
    pub(crate) fn public(&self, info: &KeyInfo) -> Result<PreparedKey, HeError> {
        let mut keys = lock(&self.keys);
        if let Some(i) = keys.iter().position(|(id, _)| *id == *info.id.as_str()) {
            let found = keys.remove(i);
            keys.push(found.clone());
            return Ok(found.1);
        }
        // One instance of a key and its tables, which take some 20 MB, whoever still works with it.
        let key = match self.pool.key(info.id.as_str()) {
            Some(key) => PreparedKey::Paillier(key),
            None => PreparedKey::open(info)?,
        };
        if keys.len() == limits::KEYS_PREPARED {
            keys.remove(0);
        }
        keys.push((info.id.as_str().into(), key.clone()));
        Ok(key)
    }

    /// The logarithms of ElGamal's plaintexts: 36 MB, made when they are first needed.
    pub(crate) fn logarithms(&self) -> Result<Arc<DiscreteLogarithms>, HeError> {
        let mut made = lock(&self.logarithms);
        match &*made {
            Some(logarithms) => Ok(logarithms.clone()),
            None => {
                let logarithms = Arc::new(DiscreteLogarithms::new(elgamal::RANGE_BITS, elgamal::TABLE_BITS)?);
                *made = Some(logarithms.clone());
                Ok(logarithms)
            }
        }
    }

    /// A key that is gone.
    pub(crate) fn forget(&self, key_id: &str) {
        lock(&self.keys).retain(|(id, _)| id != key_id);
        self.pool.forget(key_id);
    }
}

impl PreparedKey {
    /// A key of this box or of somebody else; its tables are made when first needed. A Paillier key without hs obfuscates with full n-th
    /// powers.
    pub(crate) fn open(info: &KeyInfo) -> Result<PreparedKey, HeError> {
        let (first, second) = (info.public.n.as_slice(), info.public.hs.as_slice());
        Ok(match info.kind {
            KeyKind::Paillier { .. } if second.is_empty() => {
                PreparedKey::Paillier(Arc::new(PublicKey::textbook(first)?))
            }
            KeyKind::Paillier { .. } => PreparedKey::Paillier(Arc::new(PublicKey::new(first, second)?)),
            KeyKind::OkamotoUchiyama { .. } => {
                PreparedKey::OkamotoUchiyama(Arc::new(okamoto_uchiyama::PublicKey::new(first, second)?))
            }
            KeyKind::ElGamal => PreparedKey::ElGamal(Arc::new(elgamal::PublicKey::from_bytes(first)?)),
            KeyKind::Rsa { .. } | KeyKind::DiffieHellman { .. } => {
                return Err(HeError::Key { what: "nothing adds up under keys of this kind" });
            }
        })
    }

    /// Checks ciphertexts from outside.
    pub(crate) fn check(&self, engine: &Engine, data: &[u8]) -> Result<(), HeError> {
        match self {
            PreparedKey::Paillier(key) => key.accept(engine, data).map(drop),
            PreparedKey::OkamotoUchiyama(key) => key.accept(engine, data).map(drop),
            PreparedKey::ElGamal(key) => key.accept(engine, data).map(drop),
        }
    }
}

impl EnginesUsed {
    fn note(&mut self, before: &CardStatus, after: &CardStatus) {
        if let (CardStatus::InService(b), CardStatus::InService(a) | CardStatus::OutOfService { facts: a, .. }) =
            (before, after)
        {
            self.card |= a.verified > b.verified;
            // One that failed may be back in service by now. Where another did its part, nothing went to the CPU.
            self.failed |= a.failures > b.failures && a.verified == b.verified;
        }
    }

    /// "card", the CPU's unit, or the one and then the other.
    pub(crate) fn name(self, cpu: &str) -> String {
        match self {
            EnginesUsed { failed: true, .. } => format!("card, then {cpu}"),
            EnginesUsed { card: true, .. } => "card".into(),
            _ => cpu.into(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
