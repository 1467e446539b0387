//! What was done, by operation, for the metrics.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Counters that begin with the service.
#[derive(Default)]
pub struct Tally(Mutex<BTreeMap<(&'static str, &'static str), Counts>>);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    pub runs: u64,
    /// Of the operands.
    pub items: u64,
    /// From the first block to the last, waiting for turns included.
    pub time: Duration,
}

impl Tally {
    /// One more run of an operation that came to a result; `path`: "job" or "batch".
    pub fn add(&self, operation: &'static str, path: &'static str, items: u64, time: Duration) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = all.entry((operation, path)).or_default();
        counts.runs += 1;
        counts.items += items;
        counts.time += time;
    }

    /// (operation, path) and its counters, in order.
    pub fn all(&self) -> Vec<((&'static str, &'static str), Counts)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(k, v)| (*k, *v)).collect()
    }
}
