//! The thread that does the jobs, one after another; while there are none it computes obfuscators.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::ending::Ending;
use crate::error::{ComputeError, RunError, chain};
use crate::executors::{Executors, Outcome};
use crate::job::{Job, Stop};
use crate::jobs::Jobs;
use crate::limits;
use crate::record::{Record, State};
use crate::tally::Tally;
use crate::workshop::{Watch, Workshop};

pub(crate) struct Worker {
    pub(crate) ending: Ending,
    pub(crate) executors: Executors,
    pub(crate) workshop: Arc<Workshop>,
    pub(crate) tally: Arc<Tally>,
}

impl Worker {
    pub(crate) fn start(self) -> Result<thread::JoinHandle<()>, ComputeError> {
        thread::Builder::new().name("worker".into()).spawn(move || self.run()).map_err(ComputeError::Runtime)
    }

    fn run(self) {
        while !self.jobs().is_stopping() {
            match self.jobs().next(limits::IDLE, |kind| self.executors.can(kind)) {
                Some(job) => self.one(&job),
                None => {
                    let Workshop { pool, engine, turns, .. } = &*self.workshop;
                    let wanted = || self.jobs().wanted(|kind| self.executors.can(kind));
                    if let Err(e) = pool.fill(engine, turns, &wanted) {
                        eprintln!("computed: obfuscators in idle time: {}", chain(&e));
                    }
                }
            }
        }
    }

    fn one(&self, job: &Job) {
        if job.stopped().is_some() {
            return self.ending.end(job, State::Cancelled, None, "");
        }
        job.begin();
        // Counted before the work: what kills the service must not do so for ever.
        if let Err(e) = self.update(job, |r| (r.state, r.attempts) = (State::Running, r.attempts + 1)) {
            return self.ending.end(job, State::Failed, None, &format!("the box's disk: {e}"));
        }
        let stop = || job.stopped().is_some() || self.jobs().is_stopping();
        let done = |steps: u64| job.step(steps);
        let started = Instant::now();
        let record = job.record();
        let executed = match self.executors.of(record.kind) {
            Some(executor) => executor.execute(job, &Watch { stop: &stop, done: &done }),
            None => Err(RunError::NoExecutor),
        };
        match (executed, job.stopped()) {
            (Ok(Outcome::Done(layout)), _) => {
                self.tally.add(record.spec.work.name(), "job", record.spec.items(), started.elapsed());
                self.ending.end(job, State::Done, Some(&layout), "");
            }
            (Ok(Outcome::Parked { until }), None) => self.park(job, until),
            (Ok(Outcome::Parked { .. }), Some(why)) => self.stopped(job, why),
            (Err(e), Some(why)) if e.is_cancelled() => self.stopped(job, why),
            // Stopping: an orderly end is no failed attempt.
            (Err(e), None) if e.is_cancelled() => {
                if let Err(e) = self.update(job, |r| (r.state, r.attempts) = (State::Queued, r.attempts - 1)) {
                    eprintln!("computed: laying down job {}: {e}", record.id);
                }
            }
            (Err(e), _) => self.ending.end(job, State::Failed, None, &chain(&e)),
        }
    }

    fn stopped(&self, job: &Job, why: Stop) {
        match why {
            Stop::Cancelled => self.ending.end(job, State::Cancelled, None, ""),
            Stop::TooLong => {
                let hours = limits::RUNNING_TIME.as_secs() / 3600;
                self.ending.end(job, State::Failed, None, &format!("it ran for more than {hours} hours"));
            }
        }
    }

    fn park(&self, job: &Job, until: u64) {
        // Waiting is no attempt: the next one begins when it is resumed.
        let parked =
            self.update(job, |r| (r.state, r.parked_until, r.attempts) = (State::Parked, until, r.attempts - 1));
        match parked {
            Ok(()) => self.jobs().queue().with(|plan| _ = plan.park(&job.record().id, until)),
            Err(e) => return self.ending.end(job, State::Failed, None, &format!("the box's disk: {e}")),
        }
        // Whoever stopped it meanwhile found nothing to withdraw.
        if let Some(why) = job.stopped().filter(|_| self.ending.withdraw(job)) {
            self.stopped(job, why);
        }
    }

    fn update(&self, job: &Job, change: impl FnOnce(&mut Record)) -> std::io::Result<()> {
        job.update(&self.ending.files, change)
    }

    fn jobs(&self) -> &Jobs {
        &self.ending.jobs
    }
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
