//! The file that a job's result lies in.

use std::fs::{self, File};
use std::io::Write;

use crate::error::RunError;
use crate::job::Job;
use crate::jobs::Jobs;

/// The result of another job of this client.
pub(crate) fn result_of(jobs: &Jobs, client: &str, id: &str) -> Result<File, RunError> {
    let job = jobs.find(client, id).map_err(|_| RunError::OperandGone(id.to_string()))?;
    File::open(job.result()).map_err(RunError::Operand)
}

/// A result while it grows: whole under its name, or not there.
pub(crate) struct ResultFile(File);

impl ResultFile {
    pub(crate) fn create(job: &Job) -> Result<ResultFile, RunError> {
        File::create(job.result().with_extension("new")).map(ResultFile).map_err(RunError::Result)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), RunError> {
        self.0.write_all(bytes).map_err(RunError::Result)
    }

    pub(crate) fn finish(self, job: &Job) -> Result<(), RunError> {
        let path = job.result();
        let finish = || {
            self.0.sync_all()?;
            fs::rename(path.with_extension("new"), &path)?;
            path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        finish().map_err(RunError::Result)
    }
}
