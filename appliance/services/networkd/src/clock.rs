//! The time, as it is given to everything that is pure here.

use std::time::Duration;

/// What time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Since the kernel's start: what everything is timed by.
    pub now: Duration,
    /// Since 1970, as far as the box knows: by it a server's answer is put into its century, and by nothing else.
    pub unix: Duration,
}
