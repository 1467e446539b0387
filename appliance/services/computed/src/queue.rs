//! The queue of all jobs, and the threads that wait for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use job_queue::Budgets;

use crate::audit::now;
use crate::limits;
use crate::record::Kind;

/// By the jobs' ids.
pub(crate) type Plan = job_queue::Queue<String, Kind>;

pub(crate) struct Queue {
    plan: Mutex<Plan>,
    changed: Condvar,
    stopping: AtomicBool,
}

impl Queue {
    pub(crate) fn new() -> Queue {
        let budgets = Budgets {
            unfinished: limits::QUEUE,
            unfinished_client: limits::QUEUE_CLIENT,
            jobs_client: limits::KEPT_CLIENT,
            kept_bytes_client: limits::KEPT_BYTES_CLIENT,
            queued: limits::QUEUED_TIME.as_secs(),
            running: limits::RUNNING_TIME.as_secs(),
            kept: limits::KEPT_TIME.as_secs(),
        };
        Queue { plan: Mutex::new(Plan::new(budgets)), changed: Condvar::new(), stopping: AtomicBool::new(false) }
    }

    /// Looks at the plan, or changes it.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Plan) -> T) -> T {
        let result = work(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// The next job of a wanted kind, or `None` if none comes for `wait` or the service stops.
    pub(crate) fn next(&self, wait: Duration, wanted: impl Fn(&Kind) -> bool) -> Option<String> {
        let mut plan = self.lock();
        if !plan.has_next(&wanted) && !self.is_stopping() {
            let waited = self.changed.wait_timeout_while(plan, wait, |p| !p.has_next(&wanted) && !self.is_stopping());
            plan = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if self.is_stopping() { None } else { plan.next(now(), wanted) }
    }

    /// Whether a job waits, or the service stops.
    pub(crate) fn wanted(&self, wanted: impl Fn(&Kind) -> bool) -> bool {
        self.is_stopping() || self.lock().has_next(wanted)
    }

    /// Gives nothing more out.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
