//! Obfuscators computed in idle time, for the keys that were used last. Each is used at most once: it is
//! moved out to be used.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::Engine;
use he::{HeError, Obfuscators, PublicKey};

use crate::limits::{KEYS_PREPARED, OBFUSCATORS_BATCH, OBFUSCATORS_KEY};
use crate::turns::Turns;

/// What is ready. Obfuscators are secret until used, and wiped on drop.
#[derive(Default)]
pub(crate) struct Pool(Mutex<VecDeque<KeyObfuscators>>);

/// What is ready for one key; the key used last is first.
struct KeyObfuscators {
    key_id: String,
    key: Arc<PublicKey>,
    ready: Vec<Obfuscators>,
}

impl KeyObfuscators {
    fn count(&self) -> usize {
        self.ready.iter().map(Obfuscators::count).sum()
    }
}

impl Pool {
    /// A key is used to encrypt: obfuscators for it are worth having. What was there for the key used longest ago is wiped.
    pub(crate) fn note(&self, key_id: &str, key: &Arc<PublicKey>) {
        let mut all = self.locked();
        let own = match all.iter().position(|s| s.key_id == key_id).and_then(|i| all.remove(i)) {
            Some(own) => own,
            None => KeyObfuscators { key_id: key_id.into(), key: key.clone(), ready: Vec::new() },
        };
        all.push_front(own);
        all.truncate(KEYS_PREPARED);
    }

    /// The key, with its tables, if obfuscators are made for it.
    pub(crate) fn key(&self, key_id: &str) -> Option<Arc<PublicKey>> {
        self.locked().iter().find(|s| s.key_id == key_id).map(|s| s.key.clone())
    }

    /// Some obfuscators of this key, no more than [`OBFUSCATORS_BATCH`].
    pub(crate) fn take(&self, key_id: &str) -> Option<Obfuscators> {
        self.locked().iter_mut().find(|s| s.key_id == key_id)?.ready.pop()
    }

    /// What a taker had no use for.
    pub(crate) fn put_back(&self, key_id: &str, unused: Obfuscators) {
        if unused.count() > 0
            && let Some(own) = self.locked().iter_mut().find(|s| s.key_id == key_id)
        {
            own.ready.push(unused);
        }
    }

    /// A key that is gone.
    pub(crate) fn forget(&self, key_id: &str) {
        self.locked().retain(|s| s.key_id != key_id);
    }

    pub(crate) fn ready(&self) -> usize {
        self.locked().iter().map(KeyObfuscators::count).sum()
    }

    /// Computes until everything is there or `stop` says so or somebody wants a turn; then what is half done is dropped.
    pub(crate) fn fill(&self, engine: &Engine, turns: &Turns, stop: &(dyn Fn() -> bool + Sync)) -> Result<(), HeError> {
        let stopped = || stop() || turns.wanted();
        let control = |_: usize| if stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        while let Some((key_id, key)) = self.lacking() {
            let Some(_turn) = turns.take_idle() else { return Ok(()) };
            if stopped() {
                return Ok(());
            }
            let made = match key.obfuscators(engine, OBFUSCATORS_BATCH, &control) {
                Err(HeError::Engine(engine::EngineError::Cancelled)) => return Ok(()),
                made => made?,
            };
            // The key may be gone by now; then so is what was made for it.
            if let Some(own) = self.locked().iter_mut().find(|s| s.key_id == key_id) {
                own.ready.push(made);
            }
        }
        Ok(())
    }

    fn lacking(&self) -> Option<(String, Arc<PublicKey>)> {
        let all = self.locked();
        let lacks = |s: &&KeyObfuscators| s.count() + OBFUSCATORS_BATCH <= OBFUSCATORS_KEY;
        all.iter().find(lacks).map(|s| (s.key_id.clone(), s.key.clone()))
    }

    fn locked(&self) -> MutexGuard<'_, VecDeque<KeyObfuscators>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
