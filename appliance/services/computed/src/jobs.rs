//! All jobs of the box: on the disk, in memory and in the queue. A job that was accepted is finished or reported failed,
//! whatever happens.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;
use job_queue::{Expired, Phase, Seconds};
use tonic::Status;

use crate::audit::now;
use crate::error::ComputeError;
use crate::job::Job;
use crate::queue::Queue;
use crate::random::random;
use crate::record::{Kind, Record, State};
use crate::request::Spec;
use crate::room;
use crate::runtime::Files;
use crate::spool::{Found, Spool};
use crate::status::disk;

pub(crate) struct Jobs {
    spool: Spool,
    all: Mutex<All>,
    /// The number of the next one.
    next: AtomicU64,
    queue: Queue,
}

#[derive(Default)]
struct All {
    accepted: BTreeMap<String, Arc<Job>>,
    /// What they name must not go.
    arriving: BTreeMap<String, Arc<Job>>,
}

impl Jobs {
    /// Reads the spool; the second value names what is set aside, and why. Unfinished jobs are queued again; one that was started
    /// too often is reported failed.
    pub(crate) fn open(folder: &Path, files: Files) -> Result<(Jobs, Vec<(String, String)>), ComputeError> {
        let Found { spool, jobs, set_aside } = Spool::open(folder, files)?;
        let (queue, mut all, now) = (Queue::new(), All::default(), now());
        let mut next = 0;
        for job in jobs {
            if !job.record().state.has_ended() {
                spool.update(&job, |r| r.restarted(now))?;
            }
            let record = job.record();
            next = next.max(record.number + 1);
            queue.with(|plan| plan.restore(record.id.clone(), planned(&record, 0), record.phase(now)));
            all.accepted.insert(record.id.clone(), Arc::new(job));
        }
        Ok((Jobs { spool, all: Mutex::new(all), next: AtomicU64::new(next), queue }, set_aside))
    }

    /// The client's job of this id; another's is as good as none.
    pub(crate) fn find(&self, client: &str, id: &str) -> Result<Arc<Job>, Status> {
        self.get(id).filter(|j| j.record().client == client).ok_or_else(|| no_job(id))
    }

    /// Anybody's job of this id.
    pub(crate) fn find_any(&self, id: &str) -> Result<Arc<Job>, Status> {
        self.get(id).ok_or_else(|| no_job(id))
    }

    /// One client's, or all, in the order of acceptance.
    pub(crate) fn list(&self, client: Option<&str>) -> Vec<Arc<Job>> {
        let own = |j: &&Arc<Job>| client.is_none_or(|c| j.record().client == c);
        let mut list: Vec<_> = self.lock().accepted.values().filter(own).cloned().collect();
        list.sort_by_key(|j| j.record().number);
        list
    }

    /// Jobs that wait, and that run.
    pub(crate) fn counts(&self) -> (u32, u32) {
        let all = self.lock();
        let count = |state| all.accepted.values().filter(|j| j.record().state == state).count() as u32;
        (count(State::Queued), count(State::Running))
    }

    /// Jobs on the disk.
    pub(crate) fn kept(&self) -> usize {
        self.lock().accepted.len()
    }

    /// Bytes that results take on the disk, or will: one client's, or all.
    pub(crate) fn kept_bytes(&self, client: Option<&str>) -> u64 {
        self.queue.with(|plan| plan.kept_bytes(client))
    }

    /// Gives a job that is to come its place, if there is room for it and its result: see `Arriving`.
    pub(crate) fn announce(
        &self,
        client: &str,
        spec: Spec,
        result_bytes: u64,
        arriving_bytes: u64,
    ) -> Result<Arc<Job>, Status> {
        let id = HEXLOWER.encode(&random::<8>().map_err(|e| Status::internal(e.to_string()))?);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let record = Record::new(id.clone(), number, client, spec, now(), result_bytes);
        let free = self.spool.free_bytes();
        self.queue.with(|plan| {
            room::on_disk(result_bytes + arriving_bytes, plan.promised_bytes(), free)?;
            plan.announce(id.clone(), planned(&record, arriving_bytes)).map_err(room::refused)
        })?;
        match self.spool.begin(record) {
            Ok(job) => {
                let job = Arc::new(job);
                self.lock().arriving.insert(id, job.clone());
                Ok(job)
            }
            Err(e) => {
                self.queue.with(|plan| plan.forget(&id));
                Err(disk(&e))
            }
        }
    }

    /// All of an announced job is on the disk and in the log.
    pub(crate) fn arrived(&self, job: &Arc<Job>) {
        let id = job.record().id.clone();
        let mut all = self.lock();
        all.arriving.remove(&id);
        all.accepted.insert(id.clone(), job.clone());
        drop(all);
        self.queue.with(|plan| plan.arrived(&id, now()));
    }

    /// An announced job does not come.
    pub(crate) fn withdraw_arriving(&self, job: &Job) {
        // Best effort: a folder without a record is removed at the next start, and a job with one was never answered for.
        let _ = self.spool.remove(job);
        let id = job.record().id.clone();
        self.lock().arriving.remove(&id);
        self.queue.with(|plan| plan.forget(&id));
    }

    /// The next job of a wanted kind, or `None` if none comes for `wait` or the service stops.
    pub(crate) fn next(&self, wait: Duration, wanted: impl Fn(&Kind) -> bool) -> Option<Arc<Job>> {
        self.get(&self.queue.next(wait, wanted)?)
    }

    /// Whether a job waits, or the service stops.
    pub(crate) fn wanted(&self, wanted: impl Fn(&Kind) -> bool) -> bool {
        self.queue.wanted(wanted)
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    pub(crate) fn spool(&self) -> &Spool {
        &self.spool
    }

    /// What a parked job waited for is there: it waits for its turn again. False: it is not parked any more.
    #[cfg_attr(not(test), expect(dead_code, reason = "for joint computations"))]
    pub(crate) fn resume(&self, job: &Job) -> Result<bool, ComputeError> {
        let id = job.record().id.clone();
        let parked = |phase| matches!(phase, Some(Phase::Parked { .. }));
        // Out of the queue while its record changes, so that nobody else ends it or begins with it.
        if !self.queue.with(|plan| parked(plan.phase(&id)) && plan.withdraw(&id, now())) {
            return Ok(false);
        }
        let updated = self.spool.update(job, |r| r.state = State::Queued);
        self.queue.with(|plan| plan.lay_down(&id, now()));
        updated.map(|()| true)
    }

    /// What has waited, run or been kept for too long.
    pub(crate) fn expired(&self, now: Seconds) -> Vec<Expired<String>> {
        self.queue.with(|plan| plan.expired(now))
    }

    /// The service is stopping: what runs is laid down, and taken up at the next start.
    pub(crate) fn stop(&self) {
        self.queue.stop();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.queue.is_stopping()
    }

    /// Blocks while the disk works. `line` has it written down, once nothing speaks against it and before anything of it is gone.
    pub(crate) fn delete(&self, job: &Job, line: impl FnOnce(&Record)) -> Result<(), Status> {
        let record = job.record();
        if !record.state.has_ended() {
            return Err(Status::failed_precondition("the job has not ended: cancel it first"));
        }
        let mut all = self.lock();
        if all.arriving.values().chain(all.accepted.values()).any(|j| j.record().needs(&record.id)) {
            return Err(Status::failed_precondition("an unfinished job needs its result"));
        }
        // Nobody finds it any more, and nobody waits for the disk.
        let Some(found) = all.accepted.remove(&record.id) else { return Err(no_job(&record.id)) };
        drop(all);
        line(&record);
        if let Err(e) = self.spool.remove(job) {
            self.lock().accepted.insert(record.id.clone(), found);
            return Err(disk(&e));
        }
        self.queue.with(|plan| plan.forget(&record.id));
        Ok(())
    }

    fn get(&self, id: &str) -> Option<Arc<Job>> {
        self.lock().accepted.get(id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn planned(record: &Record, arriving_bytes: u64) -> job_queue::Job<Kind> {
    let Record { client, kind, number, kept_bytes, .. } = record;
    job_queue::Job { client: client.clone(), kind: *kind, number: *number, kept_bytes: *kept_bytes, arriving_bytes }
}

fn no_job(id: &str) -> Status {
    Status::not_found(format!("no job {id:?}"))
}

#[cfg(test)]
#[path = "jobs_tests.rs"]
mod tests;
