//! A whole card: its register file, a worker thread that does jobs, so that registers answer at once, and one for interrupts.

use std::{
    sync::{Arc, atomic::Ordering},
    thread::{self, JoinHandle},
};

use card_csr::{Register, regs};
use card_function::{Board, Device};

use crate::{
    fault::{FaultMode, FaultPlan},
    interrupts,
    shared::Shared,
    worker::Worker,
};

/// The model; what it does is done in threads of its own until it is dropped.
pub struct ModelCard {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl ModelCard {
    /// Powers a card up.
    pub fn new(board: Arc<dyn Board>, faults: FaultPlan) -> std::io::Result<Self> {
        let odd_version = u32::from(faults.mode == Some(FaultMode::WrongVersion));
        let shared = Arc::new(Shared::new(regs::MapVersion::RESET.major() + odd_version));
        let (clock, line) = (shared.clone(), board.clone());
        let worker = Worker::new(shared.clone(), board, faults);
        let mut card = Self { shared, threads: Vec::new() };
        card.threads.push(thread::Builder::new().name("card".into()).spawn(|| worker.run())?);
        let clocked = thread::Builder::new().name("interrupts".into());
        card.threads.push(clocked.spawn(move || interrupts::run(&clock, &*line))?);
        Ok(card)
    }
}

impl Device for ModelCard {
    fn read(&self, offset: u32) -> u32 {
        self.shared.lock().read(offset)
    }

    fn write(&self, offset: u32, value: u32) {
        let mut registers = self.shared.lock();
        if registers.write(offset, value) {
            self.shared.cancel.store(registers.reset_requested, Ordering::Relaxed);
            self.shared.wake.notify_one();
        }
    }
}

impl Drop for ModelCard {
    fn drop(&mut self) {
        self.shared.take_down();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
