//! Blinding factors, in memory alone, under the handle of the job that made them; wiped with it, or with their one use.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use he::rsa::BlindingFactors;

use crate::error::RunError;
use crate::limits;

/// By job.
#[derive(Default)]
pub(crate) struct Blinds(Mutex<HashMap<String, Kept>>);

struct Kept {
    client: String,
    bytes: u64,
    factors: Vec<BlindingFactors>,
}

impl Blinds {
    /// Whether there is room for so many more bytes of this client's; jobs ask one after another.
    pub(crate) fn room(&self, client: &str, bytes: u64) -> Result<(), RunError> {
        let all = self.lock();
        let kept = |own: &dyn Fn(&&Kept) -> bool| all.values().filter(own).map(|k| k.bytes).sum::<u64>();
        let (own, kept) = (kept(&|k| k.client == client), kept(&|_| true));
        if own + bytes > limits::BLIND_BYTES_CLIENT || kept + bytes > limits::BLIND_BYTES {
            return Err(RunError::BlindsFull { own, bytes });
        }
        Ok(())
    }

    pub(crate) fn keep(&self, client: &str, job: &str, bytes: u64, factors: Vec<BlindingFactors>) {
        self.lock().insert(job.into(), Kept { client: client.into(), bytes, factors });
    }

    /// For their one use.
    pub(crate) fn take(&self, job: &str) -> Result<Vec<BlindingFactors>, RunError> {
        self.lock().remove(job).map(|k| k.factors).ok_or_else(|| RunError::BlindsGone(job.into()))
    }

    pub(crate) fn has(&self, job: &str) -> bool {
        self.lock().contains_key(job)
    }

    pub(crate) fn wipe(&self, job: &str) {
        self.lock().remove(job);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blinding_factors_are_bounded_and_wiped_with_their_job() {
        let blinds = Blinds::default();
        blinds.keep("a", "1", limits::BLIND_BYTES_CLIENT - 5, Vec::new());
        assert!(blinds.room("a", 5).is_ok());
        assert!(matches!(blinds.room("a", 6), Err(RunError::BlindsFull { bytes: 6, .. })));
        // One client leaves room for others; all together have a bound too.
        assert!(blinds.room("b", limits::BLIND_BYTES_CLIENT).is_ok());
        blinds.keep("b", "2", limits::BLIND_BYTES - limits::BLIND_BYTES_CLIENT, Vec::new());
        assert!(blinds.room("c", 5).is_ok() && blinds.room("c", 6).is_err());
        blinds.wipe("1");
        assert!(blinds.room("a", 6).is_ok() && !blinds.has("1"));
        assert!(matches!(blinds.take("1"), Err(RunError::BlindsGone(_))));
    }
}
