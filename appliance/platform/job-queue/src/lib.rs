//! Jobs of several clients that wait for turns, for each other and for somebody else, within budgets.
//!
//! No I/O, no threads, no clock: time comes in as seconds, and what follows from it is for the caller to do. A job is announced
//! (it counts, but may still fail to come), queued, given out to run, perhaps parked and resumed, and ends; ended ones are kept
//! until they are forgotten. Clients take turns: of k clients with queued jobs each gets every k-th turn, and its oldest job has it.
#![forbid(unsafe_code)]

mod budgets;
mod expiry;
mod turns;

pub use budgets::{Budgets, Refusal};
pub use expiry::{Expired, Why};

use std::collections::BTreeMap;

use turns::Turns;

/// Seconds since a moment that is the caller's to choose.
pub type Seconds = u64;

/// All jobs that count. `I` names a job; `K` is its kind.
#[derive(Clone, Debug)]
pub struct Queue<I, K> {
    budgets: Budgets,
    jobs: BTreeMap<I, Entry<K>>,
    turns: Turns<I>,
}

/// What is known of a job.
#[derive(Clone, Debug)]
pub struct Job<K> {
    pub client: String,
    pub kind: K,
    /// Order of acceptance, within its client.
    pub number: u64,
    /// Of its client's share: what its result will take, and in the end takes.
    pub kept_bytes: u64,
    /// Of the disk, until it has come.
    pub arriving_bytes: u64,
}

#[derive(Clone, Debug)]
struct Entry<K> {
    job: Job<K>,
    phase: Phase,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Announced; it may still not come.
    Arriving,
    Queued {
        since: Seconds,
    },
    /// Given out, to one caller.
    Running {
        since: Seconds,
    },
    /// Waits for somebody else, but no longer than this.
    Parked {
        until: Seconds,
    },
    Ended {
        at: Seconds,
    },
}

impl Phase {
    fn is_unfinished(self) -> bool {
        !matches!(self, Phase::Ended { .. })
    }
}

impl<I: Clone + Ord, K> Queue<I, K> {
    pub fn new(budgets: Budgets) -> Queue<I, K> {
        Queue { budgets, jobs: BTreeMap::new(), turns: Turns::default() }
    }

    /// Counts a job that is to come, if there is room for it.
    pub fn announce(&mut self, id: I, job: Job<K>) -> Result<(), Refusal> {
        self.budgets.admit(self.jobs.values().map(|e| (&e.job, e.phase)), &job)?;
        self.jobs.insert(id, Entry { job, phase: Phase::Arriving });
        Ok(())
    }

    /// It has come: it waits for its turn. False: it was not announced.
    pub fn arrived(&mut self, id: &I, now: Seconds) -> bool {
        self.change(id, |phase| (phase == Phase::Arriving).then_some(Phase::Queued { since: now }))
    }

    /// A job from an earlier run of the service, whatever the budgets say.
    pub fn restore(&mut self, id: I, job: Job<K>, phase: Phase) {
        if let Phase::Queued { .. } = phase {
            self.turns.add(&job.client, job.number, id.clone());
        }
        self.jobs.insert(id, Entry { job, phase });
    }

    /// Gives out the next job of a kind that is wanted: of the client whose turn it is, the oldest.
    pub fn next(&mut self, now: Seconds, wanted: impl Fn(&K) -> bool) -> Option<I> {
        let jobs = &self.jobs;
        let id = self.turns.next(|id| jobs.get(id).is_some_and(|e| wanted(&e.job.kind)))?;
        self.change(&id, |_| Some(Phase::Running { since: now }));
        Some(id)
    }

    /// Whether a job of such a kind waits for its turn.
    pub fn has_next(&self, wanted: impl Fn(&K) -> bool) -> bool {
        self.turns.ids().any(|id| self.jobs.get(id).is_some_and(|e| wanted(&e.job.kind)))
    }

    /// Takes a queued or parked job out of all waiting: from now on it is the caller's, as if given out. False: it is not there.
    pub fn withdraw(&mut self, id: &I, now: Seconds) -> bool {
        let waits = |phase| matches!(phase, Phase::Queued { .. } | Phase::Parked { .. });
        self.change(id, |phase| waits(phase).then_some(Phase::Running { since: now }))
    }

    /// Lays down a job that was given out: it waits again, at its old place among its client's.
    pub fn lay_down(&mut self, id: &I, now: Seconds) -> bool {
        let running = |phase| matches!(phase, Phase::Running { .. });
        self.change(id, |phase| running(phase).then_some(Phase::Queued { since: now }))
    }

    /// Parks a job that was given out: it waits for somebody else.
    pub fn park(&mut self, id: &I, until: Seconds) -> bool {
        let running = |phase| matches!(phase, Phase::Running { .. });
        self.change(id, |phase| running(phase).then_some(Phase::Parked { until }))
    }

    /// What a parked job waited for is there.
    pub fn resume(&mut self, id: &I, now: Seconds) -> bool {
        let parked = |phase| matches!(phase, Phase::Parked { .. });
        self.change(id, |phase| parked(phase).then_some(Phase::Queued { since: now }))
    }

    /// A job that was given out has ended, and this is kept of it.
    pub fn ended(&mut self, id: &I, kept_bytes: u64, now: Seconds) -> bool {
        let running = |phase| matches!(phase, Phase::Running { .. });
        let ended = self.change(id, |phase| running(phase).then_some(Phase::Ended { at: now }));
        if let Some(entry) = self.jobs.get_mut(id).filter(|_| ended) {
            entry.job.kept_bytes = kept_bytes;
        }
        ended
    }

    /// Nothing of it is left: one that did not come, or an ended one that was deleted.
    pub fn forget(&mut self, id: &I) -> bool {
        let gone = self.jobs.get(id).is_some_and(|e| matches!(e.phase, Phase::Arriving | Phase::Ended { .. }));
        gone && self.jobs.remove(id).is_some()
    }

    pub fn phase(&self, id: &I) -> Option<Phase> {
        self.jobs.get(id).map(|e| e.phase)
    }

    /// Bytes that results take, or will: one client's, or all.
    pub fn kept_bytes(&self, client: Option<&str>) -> u64 {
        let own = |job: &&Job<K>| client.is_none_or(|c| c == job.client);
        self.jobs.values().map(|e| &e.job).filter(own).map(|job| job.kept_bytes).sum()
    }

    /// Bytes of the disk that are promised and not yet written.
    pub fn promised_bytes(&self) -> u64 {
        let promised = |e: &Entry<K>| match e.phase {
            Phase::Arriving => e.job.kept_bytes + e.job.arriving_bytes,
            Phase::Ended { .. } => 0,
            _ => e.job.kept_bytes,
        };
        self.jobs.values().map(promised).sum()
    }

    /// What has waited, run or been kept for too long.
    pub fn expired(&self, now: Seconds) -> Vec<Expired<I>> {
        let all = self.jobs.iter().filter_map(|(id, e)| Some((id, self.budgets.expired(e.phase, now)?)));
        all.map(|(id, why)| Expired { id: id.clone(), why }).collect()
    }

    /// `to` gives the new phase, or that there is none from here.
    fn change(&mut self, id: &I, to: impl FnOnce(Phase) -> Option<Phase>) -> bool {
        let Some(entry) = self.jobs.get_mut(id) else { return false };
        let Some(phase) = to(entry.phase) else { return false };
        match (entry.phase, phase) {
            (Phase::Queued { .. }, Phase::Queued { .. }) => {}
            (_, Phase::Queued { .. }) => self.turns.add(&entry.job.client, entry.job.number, id.clone()),
            (Phase::Queued { .. }, _) => self.turns.remove(&entry.job.client, entry.job.number),
            _ => {}
        }
        entry.phase = phase;
        true
    }
}
