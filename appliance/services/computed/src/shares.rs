//! Places that clients share: so many in all, so many for one of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Clone)]
pub(crate) struct Shares {
    all: usize,
    each: usize,
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

/// A place; free again when this is dropped.
pub(crate) struct Place {
    taken: Arc<Mutex<HashMap<String, usize>>>,
    who: String,
}

impl Shares {
    pub(crate) fn new(all: usize, each: usize) -> Shares {
        Shares { all, each, taken: Arc::default() }
    }

    /// `None`: all are taken, or all of this one's.
    pub(crate) fn enter(&self, who: &str) -> Option<Place> {
        let mut taken = lock(&self.taken);
        let own = taken.get(who).copied().unwrap_or(0);
        if own >= self.each || taken.values().sum::<usize>() >= self.all {
            return None;
        }
        taken.insert(who.into(), own + 1);
        Some(Place { taken: self.taken.clone(), who: who.into() })
    }

    /// How many are taken.
    pub(crate) fn count(&self) -> usize {
        lock(&self.taken).values().sum()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        if let Some(own) = taken.get_mut(&self.who) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.who);
            }
        }
    }
}

fn lock(taken: &Mutex<HashMap<String, usize>>) -> MutexGuard<'_, HashMap<String, usize>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_leaves_places_for_others() {
        let shares = Shares::new(3, 2);
        let (first, second) = (shares.enter("a").unwrap(), shares.enter("a").unwrap());
        assert!(shares.enter("a").is_none());
        let _third = shares.enter("b").unwrap();
        assert!(shares.enter("c").is_none() && shares.count() == 3);
        drop(first);
        assert!(shares.enter("c").is_some());
        drop(second);
        assert!(shares.enter("a").is_some());
    }
}
