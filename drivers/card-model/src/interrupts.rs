//! Interrupts that come from the clock and not from a job's end: those that waited for the hold-off, and storms.

use std::{
    sync::{PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use card_function::Board;

use crate::shared::Shared;

/// Fast enough to be no accident, slow enough for a guest under emulation to get on beside it.
const STORM: Duration = Duration::from_millis(1);
const IDLE: Duration = Duration::from_secs(3600);

pub(crate) fn run(shared: &Shared, board: &dyn Board) {
    let mut registers = shared.lock();
    while !shared.down.load(Ordering::Relaxed) {
        let now = Instant::now();
        let due = registers.interrupt_due.is_some_and(|due| due <= now);
        if (due || registers.storm) && !registers.vanished && registers.raise(now) {
            board.interrupt();
        }
        let pause = match registers.interrupt_due {
            _ if registers.storm => STORM,
            Some(due) => due.saturating_duration_since(now),
            None => IDLE,
        };
        registers = shared.line.wait_timeout(registers, pause).unwrap_or_else(PoisonError::into_inner).0;
    }
}
