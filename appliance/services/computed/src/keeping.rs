//! What the time does to jobs: those that waited or ran for too long fail, and those that ended long ago are deleted.

use std::sync::Arc;

use job_queue::{Expired, Seconds, Why};
use serde_json::json;

use crate::audit::now;
use crate::ending::Ending;
use crate::job::{Job, Stop};
use crate::limits;
use crate::record::{Record, State};
use crate::workshop::Workshop;

#[derive(Clone)]
pub(crate) struct Keeper {
    pub(crate) ending: Ending,
    pub(crate) workshop: Arc<Workshop>,
}

impl Keeper {
    /// Looks every now and then, until the service stops.
    pub(crate) async fn run(self) {
        while !self.ending.jobs.is_stopping() {
            let keeper = self.clone();
            // The disk blocks; a failure there is the next look's.
            let _ = tokio::task::spawn_blocking(move || keeper.look(now())).await;
            tokio::time::sleep(limits::KEEPER_PAUSE).await;
        }
    }

    pub(crate) fn look(&self, now: Seconds) {
        for Expired { id, why } in self.ending.jobs.expired(now) {
            let Ok(job) = self.ending.jobs.find_any(&id) else { continue };
            match why {
                Why::Queued => self.fail(&job, "it waited too long for its turn"),
                Why::Parked => self.fail(&job, "what it waited for did not come in time"),
                Why::Running => job.stop(Stop::TooLong),
                Why::Kept => self.delete(&job),
            }
        }
    }

    fn fail(&self, job: &Job, why: &str) {
        if self.ending.withdraw(job) {
            self.ending.end(job, State::Failed, None, why);
        }
    }

    fn delete(&self, job: &Job) {
        let line = |r: &Record| {
            let detail = json!({ "job": r.id, "ended": r.ended });
            self.ending.audit.relief_blocking(&r.client, "job expired", detail);
        };
        // One that another job needs is deleted later.
        if self.ending.jobs.delete(job, line).is_ok() {
            self.workshop.blinds.wipe(&job.record().id);
        }
    }
}
