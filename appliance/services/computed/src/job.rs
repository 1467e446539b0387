//! One accepted job: its record, its files, and how far it is.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use durable_files::to_json;
use tokio::sync::watch;

use crate::record::{Record, VERSION};
use crate::runtime::Files;

/// The file of a job's folder that holds its record; without it there is no job.
pub(crate) const RECORD: &str = "job.json";

/// An accepted job. Whoever looks gets what stands now, without a copy, and may wait for a change.
pub(crate) struct Job {
    pub(crate) folder: PathBuf,
    record: watch::Sender<Arc<Record>>,
    /// Steps that are done.
    done: watch::Sender<u64>,
    stop: OnceLock<Stop>,
}

/// Why a job is to end before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Cancelled,
    /// It runs for longer than a job may.
    TooLong,
}

impl Job {
    /// One whose files lie, or are to lie, in `folder`.
    pub(crate) fn new(folder: PathBuf, record: Record) -> Job {
        let (record, done) = (watch::Sender::new(Arc::new(record)), watch::Sender::new(0));
        Job { folder, record, done, stop: OnceLock::new() }
    }

    pub(crate) fn record(&self) -> Arc<Record> {
        self.record.borrow().clone()
    }

    /// Told of each change of the record.
    pub(crate) fn follow_record(&self) -> watch::Receiver<Arc<Record>> {
        self.record.subscribe()
    }

    /// Steps that are done.
    pub(crate) fn done(&self) -> u64 {
        *self.done.borrow()
    }

    /// Told of each step.
    pub(crate) fn follow_steps(&self) -> watch::Receiver<u64> {
        self.done.subscribe()
    }

    pub(crate) fn begin(&self) {
        self.done.send_replace(0);
    }

    pub(crate) fn step(&self, more: u64) {
        self.done.send_modify(|done| *done += more);
    }

    /// Tells whoever works on it to end; the first reason stands.
    pub(crate) fn stop(&self, why: Stop) {
        let _ = self.stop.set(why);
    }

    pub(crate) fn stopped(&self) -> Option<Stop> {
        self.stop.get().copied()
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

    pub(crate) fn exponents(&self) -> PathBuf {
        self.folder.join("exponents.bin")
    }

    pub(crate) fn result(&self) -> PathBuf {
        self.folder.join("result.bin")
    }

    /// Changes the record, on the disk first.
    pub(crate) fn update(&self, files: &Files, change: impl FnOnce(&mut Record)) -> std::io::Result<()> {
        let mut record = Record::clone(&self.record());
        change(&mut record);
        files.replace_blocking(&self.record_file(), to_json(VERSION, &record)?)?;
        self.record.send_replace(Arc::new(record));
        Ok(())
    }

    /// Changes the record in memory alone, for when the disk does not take it any more.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Record)) {
        self.record.send_modify(|record| change(Arc::make_mut(record)));
    }
}
