//! The states that a box's TPM had, beside the log of what the box wrote to its disk: a power cut that is replayed on the disk
//! must find the TPM as it was at that instant.

use std::fs;
use std::ops::Range;
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

/// A disk and a TPM as they were at the same time: an instant of the write log, and which of the TPM's states, from 0 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    pub instant: u64,
    pub state: usize,
}

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
        let problem = || HarnessError::Box { problem: format!("the TPM's state at {instant} is not known") };
        put(self.at(instant).ok_or_else(problem)?, tpm)
    }

    /// All that was there at the same time, in order, from one instant to another, at these instants and when the TPM's state changed: a
    /// TPM is written while the disk is not, and so has several states at one instant.
    pub fn moments(&self, range: Range<u64>, instants: &[u64]) -> Vec<Moment> {
        let mut moments = Vec::new();
        for (number, state) in self.0.iter().enumerate() {
            let until = self.0.get(number + 1).map_or(u64::MAX, |next| next.from);
            let of_state = [&[state.to], instants].concat();
            let there = of_state.into_iter().filter(|at| (state.to..=until).contains(at) && range.contains(at));
            moments.extend(there.map(|instant| Moment { instant, state: number }));
        }
        moments.sort_unstable();
        moments.dedup();
        moments
    }

    /// Makes the TPM in this folder, which is off, what it was at a moment.
    pub fn restore_moment(&self, moment: Moment, tpm: &Path) -> Result<(), HarnessError> {
        let problem = || HarnessError::Box { problem: format!("the TPM has no state {}", moment.state) };
        put(&self.0.get(moment.state).ok_or_else(problem)?.bytes, tpm)
    }
}

fn put(state: &[u8], tpm: &Path) -> Result<(), HarnessError> {
    let path = state_file(tpm);
    fs::write(&path, state).map_err(HarnessError::file("write", path))
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

    #[test]
    fn a_moment_has_one_of_the_states_that_were_there_at_its_instant() {
        let state = |from, to, byte| State { from, to, bytes: vec![byte] };
        let log = TpmLog(vec![state(0, 0, 1), state(40, 40, 2), state(40, 40, 3), state(60, 80, 4)]);
        let found = log.moments(30..100, &[20, 39, 40, 50, 70, 90]);
        let found: Vec<(u64, usize)> = found.into_iter().map(|m| (m.instant, m.state)).collect();
        // At 70 the state was about to change.
        assert_eq!(found, [(39, 0), (40, 0), (40, 1), (40, 2), (50, 2), (80, 3), (90, 3)]);
    }
}
