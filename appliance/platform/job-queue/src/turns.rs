//! Whose turn it is: clients in a ring, each with its jobs in the order of acceptance.

use std::collections::{BTreeMap, VecDeque};

#[derive(Clone, Debug)]
pub(crate) struct Turns<I> {
    /// Those with a job, the next one first.
    ring: VecDeque<String>,
    waiting: BTreeMap<String, BTreeMap<u64, I>>,
}

impl<I> Default for Turns<I> {
    fn default() -> Turns<I> {
        Turns { ring: VecDeque::new(), waiting: BTreeMap::new() }
    }
}

impl<I: Clone> Turns<I> {
    /// A client that had nothing waiting comes last.
    pub(crate) fn add(&mut self, client: &str, number: u64, id: I) {
        if !self.waiting.contains_key(client) {
            self.ring.push_back(client.into());
        }
        self.waiting.entry(client.into()).or_default().insert(number, id);
    }

    pub(crate) fn remove(&mut self, client: &str, number: u64) {
        let Some(own) = self.waiting.get_mut(client) else { return };
        own.remove(&number);
        if own.is_empty() {
            self.waiting.remove(client);
            self.ring.retain(|c| c != client);
        }
    }

    /// The oldest job that is wanted of the first client that has one; that client comes last from now on. The job stays.
    pub(crate) fn next(&mut self, wanted: impl Fn(&I) -> bool) -> Option<I> {
        let oldest = |client: &String| self.waiting.get(client)?.values().find(|id| wanted(id)).cloned();
        let (place, id) = self.ring.iter().enumerate().find_map(|(i, client)| Some((i, oldest(client)?)))?;
        if let Some(client) = self.ring.remove(place) {
            self.ring.push_back(client);
        }
        Some(id)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &I> {
        self.waiting.values().flat_map(BTreeMap::values)
    }
}
