//! What threads share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Also after a thread that panicked while it had it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
