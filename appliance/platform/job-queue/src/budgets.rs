//! How much there may be of everything.

use crate::{Job, Phase, Seconds, Why};

/// Bounds, of all clients and of one.
#[derive(Clone, Copy, Debug)]
pub struct Budgets {
    /// Jobs that have not ended.
    pub unfinished: usize,
    pub unfinished_client: usize,
    /// Jobs in all, ended ones among them.
    pub jobs_client: usize,
    /// Bytes of results.
    pub kept_bytes_client: u64,
    /// For a job to wait for its turn, to run, and to be kept after its end.
    pub queued: Seconds,
    pub running: Seconds,
    pub kept: Seconds,
}

/// Why a job cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It may be tried again.
    #[error("the queue is full")]
    Full,
    #[error("as many ended jobs are kept as may be: delete some")]
    Jobs,
    #[error(
        "{kept} bytes of results are kept and {bytes} would be added; a client may keep {budget}: delete some jobs"
    )]
    Bytes { kept: u64, bytes: u64, budget: u64 },
}

impl Budgets {
    pub(crate) fn admit<'a, K: 'a>(
        &self,
        all: impl Iterator<Item = (&'a Job<K>, Phase)>,
        new: &Job<K>,
    ) -> Result<(), Refusal> {
        let (mut unfinished, mut own_unfinished, mut own, mut kept) = (0, 0, 0, 0u64);
        for (job, phase) in all {
            let (is_own, is_unfinished) = (job.client == new.client, phase.is_unfinished());
            unfinished += usize::from(is_unfinished);
            own_unfinished += usize::from(is_unfinished && is_own);
            own += usize::from(is_own);
            kept = kept.saturating_add(if is_own { job.kept_bytes } else { 0 });
        }
        if unfinished >= self.unfinished || own_unfinished >= self.unfinished_client {
            return Err(Refusal::Full);
        }
        if own >= self.jobs_client {
            return Err(Refusal::Jobs);
        }
        let (bytes, budget) = (new.kept_bytes, self.kept_bytes_client);
        match kept.checked_add(bytes) {
            Some(sum) if sum <= budget => Ok(()),
            _ => Err(Refusal::Bytes { kept, bytes, budget }),
        }
    }

    pub(crate) fn expired(&self, phase: Phase, now: Seconds) -> Option<Why> {
        // A clock that was set back makes nothing older.
        let over = |since: Seconds, bound: Seconds| now.saturating_sub(since) > bound;
        match phase {
            Phase::Queued { since } if over(since, self.queued) => Some(Why::Queued),
            Phase::Running { since } if over(since, self.running) => Some(Why::Running),
            Phase::Parked { until } if now > until => Some(Why::Parked),
            Phase::Ended { at } if over(at, self.kept) => Some(Why::Kept),
            _ => None,
        }
    }
}
