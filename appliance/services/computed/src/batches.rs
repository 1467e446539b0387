//! How many interactive batches are going on, and whose.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tonic::Status;

use crate::limits;
use crate::status::busy;

#[derive(Clone, Default)]
pub(crate) struct Batches(Arc<Mutex<HashMap<String, usize>>>);

/// One batch's place; free again when this is dropped.
pub(crate) struct BatchSlot {
    batches: Batches,
    client: String,
}

impl Batches {
    pub(crate) fn enter(&self, client: &str) -> Result<BatchSlot, Status> {
        let mut all = self.locked();
        let own = all.get(client).copied().unwrap_or(0);
        if all.values().sum::<usize>() >= limits::BATCHES || own >= limits::BATCHES_CLIENT {
            return Err(busy("as many interactive batches as may be are going on"));
        }
        all.insert(client.into(), own + 1);
        Ok(BatchSlot { batches: self.clone(), client: client.into() })
    }

    pub(crate) fn count(&self) -> usize {
        self.locked().values().sum()
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for BatchSlot {
    fn drop(&mut self) {
        let mut all = self.batches.locked();
        if let Some(own) = all.get_mut(&self.client) {
            *own -= 1;
            if *own == 0 {
                all.remove(&self.client);
            }
        }
    }
}
