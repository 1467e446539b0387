//! What the card's threads and its registers' users share.

use std::sync::{
    Condvar, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use crate::registers::Registers;

pub(crate) struct Shared {
    registers: Mutex<Registers>,
    /// Work for the worker, or its end.
    pub(crate) wake: Condvar,
    /// Interrupts that the clock and not the worker raises, or their end.
    pub(crate) line: Condvar,
    /// Set while a reset waits or the card is taken down: jobs look at it often.
    pub(crate) cancel: AtomicBool,
    pub(crate) down: AtomicBool,
}

impl Shared {
    /// A card of this version of the register map.
    pub(crate) fn new(major: u32) -> Self {
        Self {
            registers: Mutex::new(Registers::new(major)),
            wake: Condvar::new(),
            line: Condvar::new(),
            cancel: AtomicBool::new(false),
            down: AtomicBool::new(false),
        }
    }

    /// A thread that panicked leaves registers that are still worth reading.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Registers> {
        self.registers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has both threads end.
    pub(crate) fn take_down(&self) {
        self.down.store(true, Ordering::Relaxed);
        self.cancel.store(true, Ordering::Relaxed);
        // Under the lock, so that the worker is either before its check or asleep.
        drop(self.lock());
        self.wake.notify_one();
        self.line.notify_one();
    }
}
