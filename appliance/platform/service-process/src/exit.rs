//! How a service's end is told.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::sys::signal::Signal;

/// A sentence. `forbidden_call` names the system call that a jail forbade, if that is known; it is asked only where one did.
pub(crate) fn sentence(name: &str, status: ExitStatus, forbidden_call: impl FnOnce() -> Option<String>) -> String {
    let how = match status.signal().and_then(|s| Signal::try_from(s).ok()) {
        Some(Signal::SIGSYS) => {
            let which = forbidden_call().unwrap_or_default();
            format!("was killed: it made a system call that its jail forbids{which}")
        }
        Some(signal) => format!("was killed by {signal}"),
        None => format!("ended with {status}"),
    };
    format!("service {name} {how}")
}
