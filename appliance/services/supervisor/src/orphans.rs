//! PID 1 inherits every orphan, and has to take in what it ended with.

use std::fs;

use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

/// Reaps every dead child but those in `ours`, whose ends somebody else asks for.
pub(crate) fn reap(ours: &[u32]) {
    let Ok(entries) = fs::read_dir("/proc") else { return };
    for pid in entries.flatten().filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok()) {
        if pid > 1 && !ours.contains(&(pid as u32)) {
            // ECHILD, which most answer, says that it is somebody else's child.
            let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG));
        }
    }
}
