//! How a job ends, whoever ends it: the worker, its client, an administrator, or the time.

use std::fs;
use std::sync::Arc;

use serde_json::json;

use crate::audit::{Audit, now};
use crate::job::Job;
use crate::jobs::Jobs;
use crate::layout::Layout;
use crate::record::{Record, State};
use crate::runtime::Files;

#[derive(Clone)]
pub(crate) struct Ending {
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) audit: Audit,
    pub(crate) files: Files,
}

impl Ending {
    /// Ends a job that was given out, to the worker or by [`Ending::withdraw`]. For threads that are no part of a runtime, or for
    /// what blocks.
    pub(crate) fn end(&self, job: &Job, state: State, outcome: Option<&Layout>, error: &str) {
        let ended = now();
        let kept_bytes = outcome.map_or(0, Layout::result_bytes);
        let change = |r: &mut Record| {
            (r.state, r.error, r.kept_bytes, r.ended) = (state, error.to_string(), kept_bytes, ended);
            if let Some(o) = outcome {
                (r.rows, r.columns, r.item_bytes) = (o.rows, o.columns, o.item_bytes as u32);
            }
        };
        let record = job.record();
        // The line first: an end that is on the disk has its line, and a line twice after a power cut tells no lie.
        let action = match state {
            State::Done => "job done",
            State::Cancelled => "job cancelled",
            _ => "job failed",
        };
        let detail = json!({ "job": record.id, "engine": record.engine, "error": error });
        self.audit.relief_blocking(&record.client, action, detail);
        // The queue before the record: whoever sees the end may delete the job at once.
        self.jobs.queue().with(|plan| plan.ended(&record.id, kept_bytes, ended));
        if let Err(e) = job.update(&self.files, change) {
            eprintln!("computed: the end of job {}: {e}", record.id);
            job.set(|r| (r.state, r.error) = (State::Failed, format!("the box's disk: {e}")));
        }
        // Best effort: nobody needs them any more, and they go with the job at the latest.
        for file in [job.input(), job.factors(), job.exponents()] {
            let _ = fs::remove_file(file);
        }
    }

    /// Takes a job that waits for its turn, or is parked, out of the queue: it is the caller's to end.
    pub(crate) fn withdraw(&self, job: &Job) -> bool {
        self.jobs.queue().with(|plan| plan.withdraw(&job.record().id, now()))
    }

    /// Ends it for its client, now or as soon as whoever works on it looks.
    pub(crate) fn cancel(&self, job: &Job) {
        // On the disk first: what was answered outlives a kill. If the disk does not take it, it ends all the same.
        if let Err(e) = job.update(&self.files, |r| r.is_cancelled = true) {
            eprintln!("computed: the end of job {}: {e}", job.record().id);
        }
        job.stop(crate::job::Stop::Cancelled);
        if self.withdraw(job) {
            self.end(job, State::Cancelled, None, "");
        }
    }
}
