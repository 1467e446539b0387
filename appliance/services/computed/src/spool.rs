//! Jobs on the disk: a folder each, which is a job once job.json is in it.

use std::fs;
use std::path::{Path, PathBuf};

use tonic::Status;
use zeroize::Zeroizing;

use crate::error::ComputeError;
use crate::exponents::Exponents;
use crate::job::{Job, RECORD};
use crate::record::Record;
use crate::runtime::Files;
use crate::status::disk;

/// What comes with a job beside its header.
pub(crate) struct Content {
    pub(crate) operand: Zeroizing<Vec<u8>>,
    pub(crate) factors: Zeroizing<Vec<u8>>,
    pub(crate) exponents: Option<Exponents>,
}

pub(crate) struct Spool {
    folder: PathBuf,
    files: Files,
}

impl Spool {
    /// Every job that is there. What was begun and never acknowledged is removed.
    pub(crate) fn open(folder: &Path, files: Files) -> Result<(Spool, Vec<Job>), ComputeError> {
        let folder = folder.join("jobs");
        fs::create_dir_all(&folder).map_err(failed("making"))?;
        let mut jobs = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed("listing"))? {
            let path = entry.map_err(failed("listing"))?.path();
            let record = fs::read(path.join(RECORD)).ok().and_then(|b| serde_json::from_slice::<Record>(&b).ok());
            match record {
                Some(record) => jobs.push(Job::new(path, record)),
                // A job is answered for only once job.json is there.
                None => fs::remove_dir_all(&path).map_err(failed("removing"))?,
            }
        }
        Ok((Spool { folder, files }, jobs))
    }

    /// Changes a job's record, at the start of the service.
    pub(crate) fn update(&self, job: &Job, change: impl FnOnce(&mut Record)) -> Result<(), ComputeError> {
        job.update(&self.files, change).map_err(failed("writing"))
    }

    /// Writes a job down; when this returns it outlives a power cut.
    pub(crate) async fn write(&self, record: Record, content: Content) -> Result<Job, Status> {
        let folder = self.folder.join(&record.id);
        let json = serde_json::to_vec(&record).map_err(|e| Status::internal(e.to_string()))?;
        let job = Job::new(folder.clone(), record);
        let written = async {
            fs::create_dir(&folder)?;
            let exponents = content.exponents.as_ref().map_or([].as_slice(), Exponents::encoded);
            let parts = [
                (job.input(), content.operand.as_slice()),
                (job.factors(), &content.factors),
                (job.exponents(), exponents),
            ];
            for (path, bytes) in parts {
                if !bytes.is_empty() {
                    self.files.replace(&path, bytes.to_vec()).await?;
                }
            }
            self.files.replace(&job.record_file(), json).await?;
            // The folder's own entry.
            fs::File::open(&self.folder)?.sync_all()
        };
        if let Err(e) = written.await {
            // Best effort: at the next start a folder without job.json is removed.
            let _ = fs::remove_dir_all(&folder);
            return Err(disk(&e));
        }
        Ok(job)
    }

    pub(crate) fn remove(&self, job: &Job) -> std::io::Result<()> {
        fs::remove_dir_all(&job.folder)
    }

    pub(crate) fn free_bytes(&self) -> u64 {
        // Unknown is not full: a write that fails is reported as such.
        nix::sys::statvfs::statvfs(&self.folder).map_or(u64::MAX, |s| s.blocks_available() * s.fragment_size())
    }
}

fn failed(action: &'static str) -> impl Fn(std::io::Error) -> ComputeError {
    move |source| ComputeError::File { action, path: PathBuf::from("jobs"), source }
}
