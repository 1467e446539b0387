//! The states that a box's TPM had, beside the log of what the box wrote to its disk: a power cut that is replayed on the disk
//! must find the TPM as it was at that instant.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::HarnessError;
use crate::tpm::state_file;
use crate::write_log::instant;

/// swtpm writes a state beside and renames it before it answers; the box hears of it later than this.
const EVERY: Duration = Duration::from_millis(1);

/// Follows a TPM's states until it is stopped.
#[derive(Debug)]
pub struct TpmFollower {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<TpmLog, HarnessError>>,
}

/// A TPM's states, oldest first.
#[derive(Debug)]
pub struct TpmLog(Vec<State>);

#[derive(Debug)]
struct State {
    /// Instants of the write log: the state before this one was there at the first, and this one at the last.
    from: u64,
    to: u64,
    bytes: Vec<u8>,
}

impl TpmFollower {
    /// Of the TPM in this folder, by the write log in this file.
    pub fn start(tpm: &Path, log: &Path) -> TpmFollower {
        let (state, log, stop) = (state_file(tpm), log.to_path_buf(), Arc::new(AtomicBool::new(false)));
        let asked = stop.clone();
        TpmFollower { stop, thread: thread::spawn(move || follow(&state, &log, &asked)) }
    }

    /// The TPM is off by now.
    pub fn stop(self) -> Result<TpmLog, HarnessError> {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl TpmLog {
    /// The state at an instant; `None` where that is not known, because one came while the disk was written.
    pub fn at(&self, instant: u64) -> Option<&[u8]> {
        let came = self.0.partition_point(|state| state.to <= instant);
        let is_known = self.0.get(came).is_none_or(|next| instant <= next.from);
        let state = came.checked_sub(1).and_then(|last| self.0.get(last))?;
        is_known.then_some(&state.bytes)
    }

    /// Makes the TPM in this folder, which is off, what it was at an instant.
    pub fn restore(&self, instant: u64, tpm: &Path) -> Result<(), HarnessError> {
        let path = state_file(tpm);
        let problem = || HarnessError::Box { problem: format!("the TPM's state at {instant} is not known") };
        fs::write(&path, self.at(instant).ok_or_else(problem)?).map_err(HarnessError::file("write", path))
    }
}

fn follow(state: &Path, log: &Path, stop: &AtomicBool) -> Result<TpmLog, HarnessError> {
    // Neither is there before the box is first switched on.
    let look =
        || if state.exists() { fs::read(state).map_err(HarnessError::file("read", state)) } else { Ok(Vec::new()) };
    let now = || if log.exists() { instant(log) } else { Ok(0) };
    let (mut states, mut before) = (vec![State { from: 0, to: 0, bytes: look()? }], 0);
    loop {
        // What comes after this has a look of its own.
        let is_last = stop.load(Ordering::SeqCst);
        let looked = now()?;
        let bytes = look()?;
        let to = now()?;
        if states.last().is_none_or(|last| last.bytes != bytes) {
            states.push(State { from: before, to, bytes });
        }
        if is_last {
            return Ok(TpmLog(states));
        }
        before = looked;
        thread::sleep(EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_known_where_the_disk_was_not_written_as_it_came() {
        let state = |from, to, byte| State { from, to, bytes: vec![byte] };
        let log = TpmLog(vec![state(0, 0, 1), state(40, 40, 2), state(60, 80, 3)]);
        let known = [0, 39, 40, 60, 61, 79, 80, 99].map(|at| log.at(at).map(|bytes| bytes[0]));
        assert_eq!(known, [Some(1), Some(1), Some(2), Some(2), None, None, Some(3), Some(3)]);
    }
}
