//! One accepted job: its record, its files, and how far it is.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::record::Record;
use crate::runtime::Files;

/// The file of a job's folder that holds its record; without it there is no job.
pub(crate) const RECORD: &str = "job.json";

/// An accepted job.
pub(crate) struct Job {
    pub(crate) folder: PathBuf,
    record: Mutex<Record>,
    /// Steps that are done.
    pub(crate) done: AtomicU64,
    pub(crate) cancel: AtomicBool,
}

impl Job {
    /// One whose files lie, or are to lie, in `folder`.
    pub(crate) fn new(folder: PathBuf, record: Record) -> Job {
        Job { folder, record: Mutex::new(record), done: AtomicU64::new(0), cancel: AtomicBool::new(false) }
    }

    pub(crate) fn record(&self) -> Record {
        lock(&self.record).clone()
    }

    /// job.json: its record.
    pub(crate) fn record_file(&self) -> PathBuf {
        self.folder.join(RECORD)
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

    /// Bytes that its result takes on the disk, or will, if it is this client's, or anybody's.
    pub(crate) fn kept_bytes(&self, client: Option<&str>) -> u64 {
        let record = lock(&self.record);
        if client.is_none_or(|c| c == record.client) { record.kept_bytes } else { 0 }
    }

    /// Changes the record, on the disk first.
    pub(crate) fn update(&self, files: &Files, change: impl FnOnce(&mut Record)) -> std::io::Result<()> {
        let mut record = self.record();
        change(&mut record);
        files.replace_blocking(&self.record_file(), serde_json::to_vec(&record)?)?;
        *lock(&self.record) = record;
        Ok(())
    }

    /// Changes the record in memory alone, for when the disk does not take it any more.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Record)) {
        change(&mut lock(&self.record));
    }
}

fn lock(record: &Mutex<Record>) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}
