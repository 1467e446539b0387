//! Jobs that wait for the worker, in the order in which they came.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::job::Job;

pub(crate) struct Queue {
    waiting: Mutex<VecDeque<Arc<Job>>>,
    arrived: Condvar,
    stopping: AtomicBool,
}

impl Queue {
    pub(crate) fn new(waiting: impl IntoIterator<Item = Arc<Job>>) -> Queue {
        let waiting = Mutex::new(waiting.into_iter().collect());
        Queue { waiting, arrived: Condvar::new(), stopping: AtomicBool::new(false) }
    }

    pub(crate) fn push(&self, job: Arc<Job>) {
        self.lock().push_back(job);
        self.arrived.notify_one();
    }

    /// The next job, or `None` if none comes for `wait` or the service stops.
    pub(crate) fn next(&self, wait: Duration) -> Option<Arc<Job>> {
        let mut waiting = self.lock();
        if waiting.is_empty() && !self.is_stopping() {
            waiting = self.arrived.wait_timeout(waiting, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
        waiting.pop_front().filter(|_| !self.is_stopping())
    }

    /// Whether a job waits, or the service stops.
    pub(crate) fn wanted(&self) -> bool {
        self.is_stopping() || !self.lock().is_empty()
    }

    /// Gives nothing more out.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Job>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
