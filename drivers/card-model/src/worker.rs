//! The thread that does jobs: from a descriptor in the ring to its completion, with the faults that are planned.

use std::{
    cell::Cell,
    sync::{Arc, PoisonError, atomic::Ordering},
};

use card_csr::{
    Completion, CompletionStatus, Descriptor,
    regs::{CardFault, CardState},
};

use card_function::{Board, DmaFault};

use crate::{
    fault::{FaultMode, FaultPlan},
    jobs::{self, Contexts, Dma, JobAbort},
    registers::RingSetup,
    shared::Shared,
};

/// The driver reads once why the card that it gives up did not reset, and once more when it tries to bring it back.
const SILENCES: u32 = 2;

/// The side of the card that does the work. It alone holds key contexts.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    board: Arc<dyn Board>,
    faults: FaultPlan,
    contexts: Contexts,
    /// Since power-up; resets do not make a faulty card whole.
    jobs: u64,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>, board: Arc<dyn Board>, faults: FaultPlan) -> Self {
        Self { shared, board, faults, contexts: Default::default(), jobs: 0 }
    }

    /// Does jobs until the card is taken down.
    pub(crate) fn run(mut self) {
        while let Some((rings, index)) = self.next() {
            let fault = self.faults.at(self.jobs);
            self.jobs += 1;
            if self.job(rings, index, fault).is_err() {
                self.lock_card(CardFault::DmaFault);
            }
        }
    }

    /// Waits for a descriptor; does resets meanwhile. None when the card is taken down.
    fn next(&mut self) -> Option<(RingSetup, u16)> {
        let shared = self.shared.clone();
        let mut registers = shared.lock();
        loop {
            if shared.down.load(Ordering::Relaxed) {
                return None;
            }
            if registers.reset_requested {
                self.contexts = Default::default();
                registers.finish_reset();
                shared.cancel.store(false, Ordering::Relaxed);
            }
            if let Some(rings) = registers.rings
                && registers.state == CardState::Ready
                && registers.fetched != registers.tail
            {
                let index = registers.fetched;
                registers.fetched = index.wrapping_add(1);
                return Some((rings, index));
            }
            registers = shared.wake.wait(registers).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn job(&mut self, rings: RingSetup, index: u16, fault: Option<FaultMode>) -> Result<(), DmaFault> {
        let shared = self.shared.clone();
        let dma = Dma { memory: self.board.memory(), bytes: Cell::new(0) };
        let mut words = [0; Descriptor::WORDS];
        dma.read(entry(rings.submission, rings, index, Descriptor::BYTES), &mut words)?;
        let cancelled = || shared.cancel.load(Ordering::Relaxed);
        let (status, bytes, items) = match Descriptor::from_words(&words) {
            Err(_) => (CompletionStatus::BadDescriptor, 0, 0),
            Ok(job) => match jobs::run(&job, &mut self.contexts, &dma, fault, &cancelled) {
                Ok(bytes) => (CompletionStatus::Ok, bytes, job.items),
                Err(JobAbort::Status(status)) => (status, 0, 0),
                Err(JobAbort::Cancelled) => return Ok(()),
                Err(JobAbort::CardMemory) => {
                    self.lock_card(CardFault::CardMemory);
                    return Ok(());
                }
                Err(JobAbort::SelfReset) => {
                    self.contexts = Default::default();
                    self.shared.lock().finish_reset();
                    return Ok(());
                }
                Err(JobAbort::Died) => {
                    self.board.die();
                    return Ok(());
                }
            },
        };
        // The tag's place is the same in a descriptor that is wrong elsewhere.
        let tag = (words[0] >> 16) as u16;
        if matches!(fault, Some(FaultMode::Hang | FaultMode::HostSilent | FaultMode::Vanish)) {
            let mut registers = self.shared.lock();
            registers.vanished = fault == Some(FaultMode::Vanish);
            registers.silent = if fault == Some(FaultMode::HostSilent) { SILENCES } else { 0 };
            return Ok(());
        }
        if fault == Some(FaultMode::HostUnasked) {
            self.lock_card(CardFault::HostUnasked);
            return Ok(());
        }
        let items = if fault == Some(FaultMode::WrongLength) { items.saturating_sub(1) } else { items };
        let times = if fault == Some(FaultMode::DuplicateCompletion) { 2 } else { 1 };
        for _ in 0..times {
            self.complete(rings, &dma, fault, |sequence, phase| Completion {
                tag,
                status,
                phase,
                sequence: sequence.wrapping_add(u32::from(fault == Some(FaultMode::OutOfOrder))),
                items_done: items.into(),
                bytes_written: bytes,
            })?;
        }
        let interrupt = {
            let mut registers = self.shared.lock();
            registers.jobs += 1;
            registers.dma_bytes += dma.bytes.get();
            registers.storm |= fault == Some(FaultMode::InterruptStorm) && !registers.reset_requested;
            !registers.reset_requested && fault != Some(FaultMode::LostInterrupt) && registers.note_completion()
        };
        self.shared.line.notify_one();
        if status == CompletionStatus::DmaFault {
            self.lock_card(CardFault::DmaFault);
        }
        if interrupt {
            self.board.interrupt();
        }
        Ok(())
    }

    /// Writes one completion, its first word last.
    fn complete(
        &self,
        rings: RingSetup,
        dma: &Dma<'_>,
        fault: Option<FaultMode>,
        completion: impl FnOnce(u32, bool) -> Completion,
    ) -> Result<(), DmaFault> {
        let mut registers = self.shared.lock();
        if registers.reset_requested {
            return Ok(());
        }
        let sequence = registers.completed;
        let phase = (sequence >> rings.log2).is_multiple_of(2);
        let mut words = completion(sequence, phase).to_words();
        if fault == Some(FaultMode::GarbageCompletion) {
            let marks = words[0] & 1 << 24;
            words = [0xdead_beef_84a5_5a5a | marks, u64::MAX, 0x0123_4567_89ab_cdef, u64::MAX];
            words[0] = words[0] & !(1 << 24) | marks;
        }
        let at = entry(rings.completion, rings, sequence as u16, Completion::BYTES);
        // Under the lock, so that no reset falls between the decision to write and the write.
        dma.write(at + 8, &words[1..])?;
        dma.write(at, &words[..1])?;
        registers.completed = sequence.wrapping_add(1);
        Ok(())
    }

    fn lock_card(&mut self, fault: CardFault) {
        self.contexts = Default::default();
        if self.shared.lock().lock(fault) {
            self.board.interrupt();
        }
    }
}

/// Address of an entry of a ring.
fn entry(base: u64, rings: RingSetup, index: u16, bytes: usize) -> u64 {
    base.wrapping_add((u64::from(index) & ((1 << rings.log2) - 1)) * bytes as u64)
}
