//! Who does a job, by its kind. A new kind is registered in `run`, and nothing else learns of it.

use std::collections::BTreeMap;

use job_queue::Seconds;

use crate::error::RunError;
use crate::job::Job;
use crate::layout::Layout;
use crate::record::Kind;
use crate::workshop::Watch;

/// Does the jobs of one kind, on a thread that is no runtime's.
pub(crate) trait Executor: Send + Sync {
    fn kind(&self) -> Kind;

    /// From a job's files to its result's file. It is asked again after a restart, and after what it waited for has come.
    fn execute(&self, job: &Job, watch: &Watch<'_>) -> Result<Outcome, RunError>;
}

/// What a job came to.
pub(crate) enum Outcome {
    /// Its result lies in its file, laid out like this.
    Done(Layout),
    /// It waits for somebody else, until then at most.
    #[cfg_attr(not(test), expect(dead_code, reason = "for joint computations"))]
    Parked { until: Seconds },
}

pub(crate) struct Executors(BTreeMap<Kind, Box<dyn Executor>>);

impl Executors {
    pub(crate) fn new(all: Vec<Box<dyn Executor>>) -> Executors {
        Executors(all.into_iter().map(|e| (e.kind(), e)).collect())
    }

    pub(crate) fn of(&self, kind: Kind) -> Option<&dyn Executor> {
        self.0.get(&kind).map(|e| &**e)
    }

    pub(crate) fn can(&self, kind: &Kind) -> bool {
        self.0.contains_key(kind)
    }
}
