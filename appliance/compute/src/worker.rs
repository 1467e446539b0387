//! The thread that does the jobs, one after another; each uses all cores and the card.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use engine::{CardStatus, Engine};
use serde_json::json;

use crate::audit::Audit;
use crate::error::{ComputeError, chain};
use crate::jobs::{Job, Jobs, State};
use crate::keyd::Keyd;
use crate::operations::{Operations, Outcome, RunError};
use crate::runtime::Files;

pub(crate) struct Worker {
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) audit: Audit,
    pub(crate) files: Files,
    pub(crate) keyd: Keyd,
}

impl Worker {
    pub(crate) fn start(self) -> Result<thread::JoinHandle<()>, ComputeError> {
        let run = move || {
            let operations = Operations::new(self.engine.clone(), self.keyd.clone());
            while let Some(job) = self.jobs.next() {
                self.one(&operations, &job);
            }
        };
        thread::Builder::new().name("worker".into()).spawn(run).map_err(ComputeError::Runtime)
    }

    fn one(&self, operations: &Operations, job: &Arc<Job>) {
        if job.cancel.load(Ordering::Relaxed) {
            return self.end(job, State::Cancelled, None, "");
        }
        job.done.store(0, Ordering::Relaxed);
        // Counted before the work: what kills the service must not do so for ever.
        if let Err(e) = job.update(&self.files, |r| (r.state, r.attempts) = (State::Running, r.attempts + 1)) {
            return self.end(job, State::Failed, None, &format!("the box's disk: {e}"));
        }
        let before = self.engine.status();
        let control = |done: usize| {
            job.done.fetch_add(done as u64, Ordering::Relaxed);
            if job.cancel.load(Ordering::Relaxed) || self.jobs.stopping.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        let outcome = operations.run(&self.jobs, job, &control).and_then(|outcome| {
            self.files.replace_blocking(&job.result(), outcome.bytes.to_vec()).map_err(RunError::Result)?;
            Ok(outcome)
        });
        let used = used(&before.card, &self.engine.status().card, self.engine.cpu().unit().name());
        job.set(|r| r.engine = used);
        match outcome {
            Ok(outcome) => self.end(job, State::Done, Some(&outcome), ""),
            Err(e) if e.is_cancelled() && job.cancel.load(Ordering::Relaxed) => {
                self.end(job, State::Cancelled, None, "")
            }
            // Stopping: an orderly end is no failed attempt.
            Err(e) if e.is_cancelled() => {
                let laid_down = job.update(&self.files, |r| (r.state, r.attempts) = (State::Queued, r.attempts - 1));
                if let Err(e) = laid_down {
                    eprintln!("computed: laying down job {}: {e}", job.record().id);
                }
            }
            Err(e) => self.end(job, State::Failed, None, &chain(&e)),
        }
    }

    fn end(&self, job: &Job, state: State, outcome: Option<&Outcome>, error: &str) {
        let change = |r: &mut crate::jobs::Record| {
            (r.state, r.error) = (state, error.to_string());
            if let Some(o) = outcome {
                (r.rows, r.columns, r.item_bytes) = (o.rows, o.columns, o.item_bytes);
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
        if let Err(e) = self.audit.record_blocking(&record.client, action, detail) {
            eprintln!("computed: the audit log: {e}");
        }
        if let Err(e) = job.update(&self.files, change) {
            eprintln!("computed: the end of job {}: {e}", record.id);
            job.set(|r| (r.state, r.error) = (State::Failed, format!("the box's disk: {e}")));
        }
    }
}

/// What a job ran on, from the card's state before and after it.
fn used(before: &CardStatus, after: &CardStatus, cpu: &str) -> String {
    match (before, after) {
        (CardStatus::InService(b), CardStatus::InService(a)) if a.verified > b.verified => "card".into(),
        (CardStatus::InService(_), CardStatus::OutOfService { .. }) => format!("card, then {cpu}"),
        _ => cpu.into(),
    }
}
