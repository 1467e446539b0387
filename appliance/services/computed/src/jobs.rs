//! Jobs on the disk and in the queue. A job that was accepted is finished or reported failed, whatever happens.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use tonic::Status;
use zeroize::Zeroizing;

use crate::audit::now;
use crate::error::ComputeError;
use crate::layout::Layout;
use crate::limits;
use crate::request::Spec;
use crate::runtime::Files;
use crate::status::{busy, disk};

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

/// What comes with a job beside its header.
pub(crate) struct Content {
    pub(crate) operand: Zeroizing<Vec<u8>>,
    pub(crate) factors: Zeroizing<Vec<u8>>,
}

pub(crate) struct Job {
    folder: PathBuf,
    record: Mutex<Record>,
    pub(crate) done: AtomicU64,
    pub(crate) cancel: AtomicBool,
}

impl Job {
    pub(crate) fn record(&self) -> Record {
        lock(&self.record).clone()
    }

    pub(crate) fn input(&self) -> PathBuf {
        self.folder.join("input.bin")
    }

    pub(crate) fn factors(&self) -> PathBuf {
        self.folder.join("factors.bin")
    }

    pub(crate) fn result(&self) -> PathBuf {
        self.folder.join("result.bin")
    }

    /// Changes the record, on the disk first.
    pub(crate) fn update(&self, files: &Files, change: impl FnOnce(&mut Record)) -> std::io::Result<()> {
        let mut record = self.record();
        change(&mut record);
        files.replace_blocking(&self.folder.join("job.json"), serde_json::to_vec(&record)?)?;
        *lock(&self.record) = record;
        Ok(())
    }

    /// Changes the record in memory alone, for when the disk does not take it any more.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Record)) {
        change(&mut lock(&self.record));
    }
}

pub(crate) struct Jobs {
    folder: PathBuf,
    files: Files,
    all: Mutex<BTreeMap<String, Arc<Job>>>,
    next: AtomicU64,
    queue: Mutex<VecDeque<Arc<Job>>>,
    arrived: Condvar,
    /// The service is stopping: what runs is laid down, and taken up at the next start.
    pub(crate) stopping: AtomicBool,
}

impl Jobs {
    /// Reads the spool. Unfinished jobs are queued again; one that was started too often is reported failed.
    pub(crate) fn open(folder: &Path, files: Files) -> Result<Jobs, ComputeError> {
        let folder = folder.join("jobs");
        let failed = |action| move |source| ComputeError::File { action, path: PathBuf::from("jobs"), source };
        fs::create_dir_all(&folder).map_err(failed("making"))?;
        let mut all = BTreeMap::new();
        for entry in fs::read_dir(&folder).map_err(failed("listing"))? {
            let path = entry.map_err(failed("listing"))?.path();
            let record = fs::read(path.join("job.json")).ok().and_then(|b| serde_json::from_slice::<Record>(&b).ok());
            let Some(record) = record else {
                // Never acknowledged: a job is answered for only once job.json is there.
                fs::remove_dir_all(&path).map_err(failed("removing"))?;
                continue;
            };
            let id = record.id.clone();
            let job = Job {
                folder: path,
                record: Mutex::new(record),
                done: AtomicU64::new(0),
                cancel: AtomicBool::new(false),
            };
            all.insert(id, Arc::new(job));
        }
        let mut unfinished: Vec<Arc<Job>> = all.values().filter(|j| !j.record().state.has_ended()).cloned().collect();
        unfinished.sort_by_key(|j| j.record().number);
        for job in &unfinished {
            let attempts = job.record().attempts;
            let ended = attempts >= limits::ATTEMPTS;
            let changed = job.update(&files, |r| {
                r.state = if ended { State::Failed } else { State::Queued };
                if ended {
                    r.error = format!("the service ended {attempts} times while it ran");
                }
            });
            changed.map_err(failed("writing"))?;
        }
        let next = all.values().map(|j| j.record().number + 1).max().unwrap_or(0);
        let queue = unfinished.into_iter().filter(|j| !j.record().state.has_ended()).collect();
        Ok(Jobs {
            folder,
            files,
            all: Mutex::new(all),
            next: AtomicU64::new(next),
            queue: Mutex::new(queue),
            arrived: Condvar::new(),
            stopping: AtomicBool::new(false),
        })
    }

    /// The client's job of this id; another's is as good as none.
    pub(crate) fn find(&self, client: &str, id: &str) -> Result<Arc<Job>, Status> {
        lock(&self.all)
            .get(id)
            .filter(|j| j.record().client == client)
            .cloned()
            .ok_or_else(|| Status::not_found(format!("no job {id:?}")))
    }

    pub(crate) fn list(&self, client: &str) -> Vec<Record> {
        let mut list: Vec<Record> =
            lock(&self.all).values().map(|j| j.record()).filter(|r| r.client == client).collect();
        list.sort_by_key(|r| r.number);
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
        let all = lock(&self.all);
        let of = |j: &Arc<Job>| {
            let record = lock(&j.record);
            if client.is_none_or(|c| c == record.client) { record.kept_bytes } else { 0 }
        };
        all.values().map(of).sum()
    }

    /// Whether there is room for so many more bytes of results.
    pub(crate) fn room_for(&self, client: &str, bytes: u64) -> Result<(), Status> {
        let kept = self.kept_bytes(Some(client));
        if kept + bytes > limits::KEPT_BYTES_CLIENT {
            let text = format!(
                "{kept} bytes of results are kept and {bytes} would be added; a client may keep {}: delete some jobs",
                limits::KEPT_BYTES_CLIENT
            );
            return Err(Status::failed_precondition(text));
        }
        if self.free_bytes() < limits::DISK_RESERVE + bytes {
            return Err(Status::unavailable(format!("the box's disk has no room for {bytes} bytes of results")));
        }
        Ok(())
    }

    /// Whether there is room for one more job of this client.
    pub(crate) fn room(&self, client: &str) -> Result<(), Status> {
        let all = lock(&self.all);
        let records: Vec<Record> = all.values().map(|j| j.record()).collect();
        let own = || records.iter().filter(|r| r.client == client);
        if records.iter().filter(|r| !r.state.has_ended()).count() >= limits::QUEUE
            || own().filter(|r| !r.state.has_ended()).count() >= limits::QUEUE_CLIENT
        {
            return Err(busy("the queue is full"));
        }
        if own().count() >= limits::KEPT_CLIENT {
            return Err(Status::failed_precondition("as many ended jobs are kept as may be: delete some"));
        }
        if self.free_bytes() < limits::DISK_RESERVE {
            return Err(Status::unavailable("the box's disk is full; no work is accepted"));
        }
        Ok(())
    }

    /// Writes a job down. It is not yet queued: see [`Jobs::queue`].
    pub(crate) async fn write(
        &self,
        client: &str,
        spec: Spec,
        layout: Layout,
        content: Content,
    ) -> Result<Arc<Job>, Status> {
        let id = HEXLOWER.encode(&crate::pairing::random::<8>().map_err(|e| Status::internal(e.to_string()))?);
        let folder = self.folder.join(&id);
        let record = Record {
            id: id.clone(),
            number: self.next.fetch_add(1, Ordering::Relaxed),
            client: client.into(),
            spec,
            created: now(),
            state: State::Queued,
            attempts: 0,
            error: String::new(),
            engine: String::new(),
            rows: 0,
            columns: 0,
            item_bytes: 0,
            kept_bytes: layout.result_bytes(),
        };
        let json = serde_json::to_vec(&record).map_err(|e| Status::internal(e.to_string()))?;
        let (done, cancel) = (AtomicU64::new(0), AtomicBool::new(false));
        let job = Job { folder: folder.clone(), record: Mutex::new(record), done, cancel };
        let written = async {
            fs::create_dir(&folder)?;
            for (path, bytes) in [(job.input(), content.operand), (job.factors(), content.factors)] {
                if !bytes.is_empty() {
                    self.files.replace(&path, bytes.to_vec()).await?;
                }
            }
            self.files.replace(&folder.join("job.json"), json).await?;
            // The folder's own entry.
            fs::File::open(&self.folder)?.sync_all()
        };
        if let Err(e) = written.await {
            // Best effort: at the next start a folder without job.json is removed.
            let _ = fs::remove_dir_all(&folder);
            return Err(disk(&e));
        }
        Ok(Arc::new(job))
    }

    pub(crate) fn queue(&self, job: Arc<Job>) {
        lock(&self.all).insert(job.record().id, job.clone());
        lock(&self.queue).push_back(job);
        self.arrived.notify_one();
    }

    /// Takes back what was written but must not run.
    pub(crate) fn discard(&self, job: &Job) {
        // Best effort: see `write`.
        let _ = fs::remove_dir_all(&job.folder);
    }

    /// The next job, or `None` if none comes for `wait` or the service stops.
    pub(crate) fn next(&self, wait: Duration) -> Option<Arc<Job>> {
        let mut queue = lock(&self.queue);
        if queue.is_empty() && !self.stopping.load(Ordering::Relaxed) {
            queue = self.arrived.wait_timeout(queue, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
        queue.pop_front().filter(|_| !self.stopping.load(Ordering::Relaxed))
    }

    /// Whether a job waits, or the service stops.
    pub(crate) fn wanted(&self) -> bool {
        self.stopping.load(Ordering::Relaxed) || !lock(&self.queue).is_empty()
    }

    pub(crate) fn delete(&self, job: &Job) -> Result<(), Status> {
        let record = job.record();
        if !record.state.has_ended() {
            return Err(Status::failed_precondition("the job has not ended: cancel it first"));
        }
        let mut all = lock(&self.all);
        let uses = |r: &Record| {
            let named = [r.spec.operand_job.as_deref(), r.spec.work.second_job()];
            !r.state.has_ended() && named.contains(&Some(record.id.as_str()))
        };
        if all.values().any(|j| uses(&j.record())) {
            return Err(Status::failed_precondition("an unfinished job needs its result"));
        }
        fs::remove_dir_all(&job.folder).map_err(|e| disk(&e))?;
        all.remove(&record.id);
        Ok(())
    }

    fn free_bytes(&self) -> u64 {
        // Unknown is not full: a write that fails is reported as such.
        nix::sys::statvfs::statvfs(&self.folder).map_or(u64::MAX, |s| s.blocks_available() * s.fragment_size())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

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
