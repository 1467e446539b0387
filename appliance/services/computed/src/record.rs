//! What a job is and how it stands, as it lies on the disk. Pure.

use serde::{Deserialize, Serialize};

use crate::limits;
use crate::request::Spec;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl State {
    pub(crate) fn has_ended(self) -> bool {
        matches!(self, State::Done | State::Failed | State::Cancelled)
    }
}

/// job.json: what a job is and how it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    /// Order of acceptance.
    pub(crate) number: u64,
    pub(crate) client: String,
    pub(crate) spec: Spec,
    pub(crate) created: u64,
    pub(crate) state: State,
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
}

impl Record {
    /// A job that was just taken. `kept_bytes`: what its result will take.
    pub(crate) fn new(id: String, number: u64, client: &str, spec: Spec, created: u64, kept_bytes: u64) -> Record {
        Record {
            id,
            number,
            client: client.into(),
            spec,
            created,
            state: State::Queued,
            attempts: 0,
            error: String::new(),
            engine: String::new(),
            rows: 0,
            columns: 0,
            item_bytes: 0,
            kept_bytes,
        }
    }

    /// What a restart of the service makes of an unfinished job: it waits again, or it was started too often and has failed.
    pub(crate) fn restarted(&mut self) {
        if self.attempts < limits::ATTEMPTS {
            self.state = State::Queued;
            return;
        }
        self.state = State::Failed;
        self.error = format!("the service ended {} times while it ran", self.attempts);
    }

    /// Whether it has not ended and takes the result of the job `id`, or what lies beside it.
    pub(crate) fn needs(&self, id: &str) -> bool {
        let named = [self.spec.operand_job.as_deref(), self.spec.work.second_job()];
        !self.state.has_ended() && named.contains(&Some(id))
    }
}
