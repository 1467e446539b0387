//! A job between its header and its place in the queue. It counts already; if it does not come, nothing of it stays.

use std::io;
use std::sync::Arc;

use tonic::Status;

use crate::exponents::Exponents;
use crate::job::Job;
use crate::jobs::Jobs;
use crate::session::CheckedJob;

pub(crate) struct Arriving {
    jobs: Arc<Jobs>,
    job: Arc<Job>,
    is_queued: bool,
}

impl Arriving {
    /// Takes its place among all jobs, and of the disk: for its result, and for so many bytes that are to come.
    pub(crate) fn begin(
        jobs: &Arc<Jobs>,
        client: &str,
        job: &CheckedJob,
        arriving_bytes: u64,
    ) -> Result<Arriving, Status> {
        let job = jobs.announce(client, job.spec.clone(), job.layout.result_bytes(), arriving_bytes)?;
        Ok(Arriving { jobs: jobs.clone(), job, is_queued: false })
    }

    /// Its files are written below this.
    pub(crate) fn job(&self) -> &Job {
        &self.job
    }

    /// All of it has come; from now on a restart of the service finds it.
    pub(crate) fn seal(self, exponents: Option<&Exponents>) -> io::Result<Arriving> {
        self.jobs.spool().seal(&self.job, exponents)?;
        Ok(self)
    }

    pub(crate) fn queue(mut self) -> Arc<Job> {
        self.jobs.arrived(&self.job);
        self.is_queued = true;
        self.job.clone()
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        if !self.is_queued {
            let (jobs, job) = (self.jobs.clone(), self.job.clone());
            // The disk blocks. Where the service ends before it is done, the next start does it.
            tokio::task::spawn_blocking(move || jobs.withdraw_arriving(&job));
        }
    }
}
