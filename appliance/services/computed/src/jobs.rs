//! All jobs of the box: on the disk, in memory and in the queue. A job that was accepted is finished or reported failed,
//! whatever happens.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;
use tonic::Status;

use crate::audit::now;
use crate::error::ComputeError;
use crate::job::Job;
use crate::layout::Layout;
use crate::pairing::random;
use crate::queue::Queue;
use crate::record::{Record, State};
use crate::request::Spec;
use crate::room;
use crate::runtime::Files;
use crate::spool::{Content, Spool};
use crate::status::disk;

pub(crate) struct Jobs {
    spool: Spool,
    all: Mutex<BTreeMap<String, Arc<Job>>>,
    /// The number of the next one.
    next: AtomicU64,
    queue: Queue,
}

impl Jobs {
    /// Reads the spool. Unfinished jobs are queued again; one that was started too often is reported failed.
    pub(crate) fn open(folder: &Path, files: Files) -> Result<Jobs, ComputeError> {
        let (spool, jobs) = Spool::open(folder, files)?;
        let all: BTreeMap<String, Arc<Job>> = jobs.into_iter().map(|j| (j.record().id.clone(), Arc::new(j))).collect();
        let mut unfinished: Vec<Arc<Job>> = all.values().filter(|j| !j.record().state.has_ended()).cloned().collect();
        unfinished.sort_by_key(|j| j.record().number);
        for job in &unfinished {
            spool.update(job, Record::restarted)?;
        }
        let next = AtomicU64::new(all.values().map(|j| j.record().number + 1).max().unwrap_or(0));
        let queue = Queue::new(unfinished.into_iter().filter(|j| !j.record().state.has_ended()));
        Ok(Jobs { spool, all: Mutex::new(all), next, queue })
    }

    /// The client's job of this id; another's is as good as none.
    pub(crate) fn find(&self, client: &str, id: &str) -> Result<Arc<Job>, Status> {
        lock(&self.all)
            .get(id)
            .filter(|j| j.record().client == client)
            .cloned()
            .ok_or_else(|| Status::not_found(format!("no job {id:?}")))
    }

    /// In the order of acceptance.
    pub(crate) fn list(&self, client: &str) -> Vec<Arc<Job>> {
        let mut list: Vec<_> = lock(&self.all).values().filter(|j| j.record().client == client).cloned().collect();
        list.sort_by_key(|j| j.record().number);
        list
    }

    /// Jobs that wait, and that run.
    pub(crate) fn counts(&self) -> (u32, u32) {
        let all = lock(&self.all);
        let count = |state| all.values().filter(|j| j.record().state == state).count() as u32;
        (count(State::Queued), count(State::Running))
    }

    /// Jobs on the disk.
    pub(crate) fn kept(&self) -> usize {
        lock(&self.all).len()
    }

    /// Bytes that results take on the disk, or will: one client's, or all.
    pub(crate) fn kept_bytes(&self, client: Option<&str>) -> u64 {
        let own = |r: &Record| client.is_none_or(|c| c == r.client);
        self.records().iter().filter(|r| own(r)).map(|r| r.kept_bytes).sum()
    }

    /// Whether there is room for so many more bytes of results.
    pub(crate) fn room_for(&self, client: &str, bytes: u64) -> Result<(), Status> {
        room::for_result(self.kept_bytes(Some(client)), bytes, self.spool.free_bytes())
    }

    /// Whether there is room for one more job of this client.
    pub(crate) fn room(&self, client: &str) -> Result<(), Status> {
        room::for_job(&self.records(), client, self.spool.free_bytes())
    }

    /// Writes a job down. It is not yet queued: see [`Jobs::queue`].
    pub(crate) async fn write(
        &self,
        client: &str,
        spec: Spec,
        layout: Layout,
        content: Content,
    ) -> Result<Arc<Job>, Status> {
        let id = HEXLOWER.encode(&random::<8>().map_err(|e| Status::internal(e.to_string()))?);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let record = Record::new(id, number, client, spec, now(), layout.result_bytes());
        self.spool.write(record, content).await.map(Arc::new)
    }

    pub(crate) fn queue(&self, job: Arc<Job>) {
        lock(&self.all).insert(job.record().id.clone(), job.clone());
        self.queue.push(job);
    }

    /// Takes back what was written but must not run.
    pub(crate) fn discard(&self, job: &Job) {
        // Best effort: it was never queued, and at the next start it would only be done in vain.
        let _ = self.spool.remove(job);
    }

    /// The next job, or `None` if none comes for `wait` or the service stops.
    pub(crate) fn next(&self, wait: Duration) -> Option<Arc<Job>> {
        self.queue.next(wait)
    }

    /// Whether a job waits, or the service stops.
    pub(crate) fn wanted(&self) -> bool {
        self.queue.wanted()
    }

    /// The service is stopping: what runs is laid down, and taken up at the next start.
    pub(crate) fn stop(&self) {
        self.queue.stop();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.queue.is_stopping()
    }

    pub(crate) fn delete(&self, job: &Job) -> Result<(), Status> {
        let record = job.record();
        if !record.state.has_ended() {
            return Err(Status::failed_precondition("the job has not ended: cancel it first"));
        }
        let mut all = lock(&self.all);
        if all.values().any(|j| j.record().needs(&record.id)) {
            return Err(Status::failed_precondition("an unfinished job needs its result"));
        }
        self.spool.remove(job).map_err(|e| disk(&e))?;
        all.remove(&record.id);
        Ok(())
    }

    fn records(&self) -> Vec<Arc<Record>> {
        lock(&self.all).values().map(|j| j.record()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::limits;

    #[test]
    fn a_clients_results_have_a_share_of_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let kept = limits::KEPT_BYTES_CLIENT - 10;
        let record = serde_json::json!({
            "id": "0", "number": 0, "client": "a", "created": 1, "state": "done", "attempts": 1, "error": "", "engine": "",
            "rows": 1, "columns": 1, "item_bytes": 8, "kept_bytes": kept,
            "spec": { "work": { "row_sums": { "key_id": "k" } }, "rows": 1, "columns": 1, "operand_job": null },
        });
        let job = folder.path().join("jobs/0");
        fs::create_dir_all(&job).unwrap();
        fs::write(job.join("job.json"), record.to_string()).unwrap();
        let jobs = Jobs::open(folder.path(), Files::start().unwrap().0).unwrap();
        assert_eq!((jobs.kept_bytes(Some("a")), jobs.kept_bytes(Some("b")), jobs.kept_bytes(None)), (kept, 0, kept));
        assert!(jobs.room_for("a", 10).is_ok() && jobs.room_for("b", 11).is_ok());
        let refused = jobs.room_for("a", 11).unwrap_err();
        assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
        assert!(refused.message().contains("delete some jobs"));
        jobs.delete(&jobs.find("a", "0").unwrap()).unwrap();
        assert!(jobs.room_for("a", 11).is_ok());
    }
}
