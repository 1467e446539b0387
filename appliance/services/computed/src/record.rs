//! What a job is and how it stands, as it lies on the disk. Pure.

use job_queue::{Phase, Seconds};
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::request::Spec;

/// Of job.json. 1 had no version in it, and the exponents of a modular exponentiation.
pub(crate) const VERSION: u32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Queued,
    Running,
    /// Waits for somebody else.
    Parked,
    Done,
    Failed,
    Cancelled,
}

impl State {
    pub(crate) fn has_ended(self) -> bool {
        matches!(self, State::Done | State::Failed | State::Cancelled)
    }
}

/// Who can do a job: see `executors`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// This box alone, on ciphertexts and keys of one client.
    #[default]
    Homomorphic,
}

/// job.json: what a job is and how it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    /// Order of acceptance.
    pub(crate) number: u64,
    pub(crate) client: String,
    #[serde(default)]
    pub(crate) kind: Kind,
    pub(crate) spec: Spec,
    pub(crate) created: Seconds,
    pub(crate) state: State,
    /// While it is parked.
    #[serde(default)]
    pub(crate) parked_until: Seconds,
    /// 0: not yet.
    #[serde(default)]
    pub(crate) ended: Seconds,
    pub(crate) attempts: u32,
    pub(crate) error: String,
    pub(crate) engine: String,
    /// The result's shape.
    pub(crate) rows: u32,
    pub(crate) columns: u32,
    pub(crate) item_bytes: u32,
    /// Of the client's share of the disk: what the result will take, and in the end takes.
    #[serde(default)]
    pub(crate) kept_bytes: u64,
    /// It is to end as soon as whoever works on it looks, and whatever happens in between.
    #[serde(default)]
    pub(crate) is_cancelled: bool,
}

impl Record {
    /// A job that was just taken. `kept_bytes`: what its result will take.
    pub(crate) fn new(id: String, number: u64, client: &str, spec: Spec, created: Seconds, kept_bytes: u64) -> Record {
        Record {
            id,
            number,
            client: client.into(),
            kind: Kind::Homomorphic,
            spec,
            created,
            state: State::Queued,
            parked_until: 0,
            ended: 0,
            attempts: 0,
            error: String::new(),
            engine: String::new(),
            rows: 0,
            columns: 0,
            item_bytes: 0,
            kept_bytes,
            is_cancelled: false,
        }
    }

    /// What a restart of the service makes of an unfinished job: it waits again, or it was started too often and has failed.
    pub(crate) fn restarted(&mut self, now: Seconds) {
        if self.is_cancelled {
            (self.state, self.ended) = (State::Cancelled, now);
            return;
        }
        if self.state == State::Parked {
            return;
        }
        if self.attempts < limits::ATTEMPTS {
            self.state = State::Queued;
            return;
        }
        self.state = State::Failed;
        self.ended = now;
        self.error = format!("the service ended {} times while it ran", self.attempts);
    }

    /// Where it stands in the queue of a service that starts now: the time that the box was off counts for no wait.
    pub(crate) fn phase(&self, now: Seconds) -> Phase {
        match self.state {
            State::Parked => Phase::Parked { until: self.parked_until },
            State::Queued | State::Running => Phase::Queued { since: now },
            State::Done | State::Failed | State::Cancelled if self.ended == 0 => Phase::Ended { at: now },
            State::Done | State::Failed | State::Cancelled => Phase::Ended { at: self.ended },
        }
    }

    /// The jobs whose results, or what lies beside them, this one takes.
    pub(crate) fn needed(&self) -> impl Iterator<Item = &str> {
        [self.spec.operand_job.as_deref(), self.spec.work.second_job()].into_iter().flatten()
    }

    /// Whether it has not ended and takes something of the job `id`.
    pub(crate) fn needs(&self, id: &str) -> bool {
        !self.state.has_ended() && self.needed().any(|needed| needed == id)
    }
}
