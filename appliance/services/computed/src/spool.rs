//! Jobs on the disk: a folder each, which is a job once job.json is in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use durable_files::{ReadError, folder_of, make_folder, read_json, replace, sync_folder, to_json};

use crate::error::{ComputeError, chain};
use crate::exponents::Exponents;
use crate::job::{Job, RECORD};
use crate::record::{Record, VERSION};
use crate::runtime::Files;

/// Jobs that this release cannot read lie in this folder, whole.
const SET_ASIDE: &str = "set-aside";
/// A record is far smaller.
const RECORD_MAX: u64 = 1 << 20;

pub(crate) struct Spool {
    folder: PathBuf,
    files: Files,
}

/// What was found at the start of the service.
pub(crate) struct Found {
    pub(crate) spool: Spool,
    pub(crate) jobs: Vec<Job>,
    /// Jobs that cannot be read, and why not.
    pub(crate) set_aside: Vec<(String, String)>,
}

impl Spool {
    /// Every job that is there. What was begun and never acknowledged is removed; what cannot be read is set aside.
    pub(crate) fn open(folder: &Path, files: Files) -> Result<Found, ComputeError> {
        let folder = folder.join("jobs");
        make_folder(&folder).map_err(failed("making"))?;
        let (mut jobs, mut set_aside) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&folder).map_err(failed("listing"))? {
            let entry = entry.map_err(failed("listing"))?;
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            match read(&path) {
                _ if name == SET_ASIDE => {}
                Ok(Some(record)) if record.id == name => jobs.push(Job::new(path, record)),
                // A job is answered for only once job.json is there.
                Ok(None) => fs::remove_dir_all(&path).map_err(failed("removing"))?,
                unreadable => {
                    let why = unreadable.err().unwrap_or_else(|| "its record is another job's".into());
                    put_aside(&folder, &path, &name).map_err(failed("setting aside"))?;
                    set_aside.push((name, why));
                }
            }
        }
        Ok(Found { spool: Spool { folder, files }, jobs, set_aside })
    }

    /// Changes a job's record, at the start of the service.
    pub(crate) fn update(&self, job: &Job, change: impl FnOnce(&mut Record)) -> Result<(), ComputeError> {
        job.update(&self.files, change).map_err(failed("writing"))
    }

    /// A folder for a job that begins to come.
    pub(crate) fn begin(&self, record: Record) -> io::Result<Job> {
        let job = Job::new(self.folder.join(&record.id), record);
        fs::create_dir(&job.folder)?;
        Ok(job)
    }

    /// The last of a job's files, and its record after all others; when this returns it outlives a power cut.
    pub(crate) fn seal(&self, job: &Job, exponents: Option<&Exponents>) -> io::Result<()> {
        if let Some(exponents) = exponents {
            replace(&job.exponents(), exponents.encoded())?;
        }
        replace(&job.record_file(), &to_json(VERSION, &*job.record())?)?;
        // The folder's own entry.
        sync_folder(&job.folder)
    }

    /// The record first: what is left after a power cut is no job.
    pub(crate) fn remove(&self, job: &Job) -> io::Result<()> {
        durable_files::remove(&job.record_file())?;
        fs::remove_dir_all(&job.folder)
    }

    pub(crate) fn free_bytes(&self) -> u64 {
        // Unknown is not full: a write that fails is reported as such.
        nix::sys::statvfs::statvfs(&self.folder).map_or(u64::MAX, |s| s.blocks_available() * s.fragment_size())
    }
}

/// The record in a folder; `None`: there is none.
fn read(folder: &Path) -> Result<Option<Record>, String> {
    if !folder.is_dir() {
        return Err("it is no folder".into());
    }
    match read_json(&folder.join(RECORD), VERSION, RECORD_MAX) {
        // Version 1 had no version in it.
        Err(ReadError::Malformed(e)) => {
            let old = fs::read(folder.join(RECORD)).ok().and_then(|b| serde_json::from_slice(&b).ok());
            old.map_or_else(|| Err(chain(&ReadError::Malformed(e))), |record| Ok(Some(record)))
        }
        read => read.map_err(|e| chain(&e)),
    }
}

fn put_aside(jobs: &Path, path: &Path, name: &str) -> io::Result<()> {
    let aside = jobs.join(SET_ASIDE);
    make_folder(&aside)?;
    let free = |n: u32| aside.join(if n == 0 { name.to_string() } else { format!("{name}.{n}") });
    let free = (0..).map(free).find(|p| !p.exists()).ok_or_else(|| io::Error::other("no free name"))?;
    fs::rename(path, &free)?;
    sync_folder(&free)?;
    fs::File::open(folder_of(path))?.sync_all()
}

fn failed(action: &'static str) -> impl Fn(io::Error) -> ComputeError {
    move |source| ComputeError::File { action, path: PathBuf::from("jobs"), source }
}

#[cfg(test)]
#[path = "spool_tests.rs"]
mod tests;
