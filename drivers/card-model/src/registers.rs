//! The register file: what the host reads and what its writes mean. No thread and no memory is touched here.

use std::time::{Duration, Instant};

use card_csr::{
    FIXED_BASE_WINDOW, MAX_LIMBS, Operation, Register,
    regs::{self, CardFault, CardKind, CardState},
};

pub(crate) const MAX_EXPONENT_BITS: usize = 6144;
pub(crate) const MAX_ITEMS: usize = 4096;
pub(crate) const CONTEXTS: usize = 16;
/// What the RTL has on UltraScale+; the model only computes with the Montgomery radix that follows from it.
pub(crate) const DIGIT: u32 = 17;
const MULTIPLICAND_DIGIT: u32 = 26;
const SLOTS: u32 = 4;
pub(crate) const TABLE_LOG2: u32 = 28;
pub(crate) const VECTOR_LOG2: u32 = 26;
const MAX_RING_LOG2: u32 = 10;
/// A unit of hold-off, 64 cycles, as if the clock had 100 MHz.
const HOLDOFF_UNIT: Duration = Duration::from_nanos(640);

/// Rings as they were when the card was enabled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RingSetup {
    pub(crate) submission: u64,
    pub(crate) completion: u64,
    pub(crate) log2: u32,
}

#[derive(Debug)]
pub(crate) struct Registers {
    /// Reported instead of the real one under a planned fault.
    pub(crate) major: u32,
    /// Off the bus.
    pub(crate) vanished: bool,
    pub(crate) state: CardState,
    pub(crate) fault: CardFault,
    /// The host asked for a reset that the worker has not done yet.
    pub(crate) reset_requested: bool,
    pub(crate) rings: Option<RingSetup>,
    /// Descriptors written, descriptors fetched, completions taken, completions written: modulo 2^16.
    pub(crate) tail: u16,
    pub(crate) fetched: u16,
    pub(crate) head: u16,
    pub(crate) completed: u32,
    pub(crate) jobs: u32,
    pub(crate) interrupts: u32,
    pub(crate) dma_bytes: u64,
    /// An interrupt that waits for the hold-off's end.
    pub(crate) interrupt_due: Option<Instant>,
    /// How often the host is still to read that a reset waited for its memory in vain, by plan.
    pub(crate) silent: u32,
    /// Interrupts without end, by plan.
    pub(crate) storm: bool,
    last_interrupt: Option<Instant>,
    holdoff: regs::InterruptHoldoff,
    submission: [u32; 2],
    completion: [u32; 2],
    ring_size: u32,
    mask: regs::InterruptMask,
    status: regs::InterruptStatus,
    latched_bytes: u32,
}

impl Registers {
    pub(crate) fn new(major: u32) -> Self {
        Self {
            major,
            vanished: false,
            state: CardState::Disabled,
            fault: CardFault::None,
            reset_requested: false,
            rings: None,
            tail: 0,
            fetched: 0,
            head: 0,
            completed: 0,
            jobs: 0,
            interrupts: 0,
            dma_bytes: 0,
            interrupt_due: None,
            silent: 0,
            storm: false,
            last_interrupt: None,
            holdoff: regs::InterruptHoldoff::RESET,
            submission: [0; 2],
            completion: [0; 2],
            ring_size: 0,
            mask: regs::InterruptMask::RESET,
            status: regs::InterruptStatus::RESET,
            latched_bytes: 0,
        }
    }

    pub(crate) fn read(&mut self, offset: u32) -> u32 {
        if self.vanished {
            return u32::MAX;
        }
        let operations = Operation::ALL.iter().fold(0, |set, op| set | op.bit());
        match offset {
            regs::Id::OFFSET => regs::Id::RESET.to_bits(),
            regs::MapVersion::OFFSET => regs::MapVersion::RESET.with_major(self.major).to_bits(),
            regs::Kind::OFFSET => regs::Kind::RESET.with_kind(CardKind::FunctionalModel).to_bits(),
            regs::Capabilities::OFFSET => regs::Capabilities::RESET
                .with_max_bits(64 * MAX_LIMBS as u32)
                .with_engines(1)
                .with_max_ring_log2(MAX_RING_LOG2)
                .to_bits(),
            regs::Operations::OFFSET => {
                regs::Operations::RESET.with_operations(operations).with_contexts(CONTEXTS as u32).to_bits()
            }
            regs::Limits::OFFSET => regs::Limits::RESET
                .with_max_items(MAX_ITEMS as u32)
                .with_max_exponent_bits(MAX_EXPONENT_BITS as u32)
                .to_bits(),
            regs::Arithmetic::OFFSET => regs::Arithmetic::RESET
                .with_multiplier_digit(DIGIT)
                .with_multiplicand_digit(MULTIPLICAND_DIGIT)
                .with_table_window(FIXED_BASE_WINDOW)
                .with_slots(SLOTS)
                .to_bits(),
            regs::CardMemory::OFFSET => {
                regs::CardMemory::RESET.with_table_log2(TABLE_LOG2).with_vector_log2(VECTOR_LOG2).to_bits()
            }
            regs::Control::OFFSET => regs::Control::RESET.with_enable(self.state == CardState::Ready).to_bits(),
            regs::Status::OFFSET => {
                let busy = self.tail.wrapping_sub(self.completed as u16);
                regs::Status::RESET.with_state(self.state).with_busy(busy.into()).to_bits()
            }
            regs::ErrorCode::OFFSET => {
                self.silent -= u32::from(self.fault == CardFault::HostSilent && self.silent > 0);
                regs::ErrorCode::RESET.with_code(self.fault).to_bits()
            }
            regs::RingSize::OFFSET => self.ring_size,
            regs::SubmissionBaseLo::OFFSET => self.submission[0],
            regs::SubmissionBaseHi::OFFSET => self.submission[1],
            regs::CompletionBaseLo::OFFSET => self.completion[0],
            regs::CompletionBaseHi::OFFSET => self.completion[1],
            regs::SubmissionTail::OFFSET => self.tail.into(),
            regs::CompletionHead::OFFSET => self.head.into(),
            regs::InterruptMask::OFFSET => self.mask.to_bits(),
            regs::InterruptStatus::OFFSET => self.status.to_bits(),
            regs::InterruptHoldoff::OFFSET => self.holdoff.to_bits(),
            regs::CountJobs::OFFSET => self.jobs,
            regs::CountInterrupts::OFFSET => self.interrupts,
            regs::CountDmaBytesLo::OFFSET => {
                self.latched_bytes = (self.dma_bytes >> 32) as u32;
                self.dma_bytes as u32
            }
            regs::CountDmaBytesHi::OFFSET => self.latched_bytes,
            _ => 0,
        }
    }

    /// Whether the worker has something to do now.
    pub(crate) fn write(&mut self, offset: u32, value: u32) -> bool {
        if self.vanished {
            return false;
        }
        match offset {
            regs::Control::OFFSET => return self.control(regs::Control::from_bits(value)),
            regs::RingSize::OFFSET => self.ring_size = value,
            regs::SubmissionBaseLo::OFFSET => self.submission[0] = value,
            regs::SubmissionBaseHi::OFFSET => self.submission[1] = value,
            regs::CompletionBaseLo::OFFSET => self.completion[0] = value,
            regs::CompletionBaseHi::OFFSET => self.completion[1] = value,
            regs::SubmissionTail::OFFSET => return self.doorbell(value as u16),
            regs::CompletionHead::OFFSET => self.head = value as u16,
            regs::InterruptMask::OFFSET => self.mask = regs::InterruptMask::from_bits(value),
            regs::InterruptHoldoff::OFFSET => {
                self.holdoff = regs::InterruptHoldoff::default().with_units(value & 0xffff);
            }
            regs::InterruptStatus::OFFSET => {
                self.status = regs::InterruptStatus::from_bits(self.status.to_bits() & !value)
            }
            _ => {}
        }
        false
    }

    /// What a reset leaves: everything but the reset request's own state is as at power-up.
    pub(crate) fn finish_reset(&mut self) {
        let silent = self.silent;
        *self = Self { silent, ..Self::new(self.major) };
        if silent > 0 {
            (self.state, self.fault) = (CardState::Locked, CardFault::HostSilent);
        }
    }

    /// True if an interrupt is to be raised at once; else it may be due later.
    pub(crate) fn note_completion(&mut self) -> bool {
        self.status = self.status.with_completion(true);
        if self.mask.completion() || self.interrupt_due.is_some() {
            return false;
        }
        let now = Instant::now();
        let quiet_until = self.last_interrupt.map(|last| last + HOLDOFF_UNIT * self.holdoff.units());
        self.interrupt_due = quiet_until.filter(|until| *until > now);
        self.interrupt_due.is_none() && self.raise(now)
    }

    /// Counts an interrupt, which its caller raises.
    pub(crate) fn raise(&mut self, now: Instant) -> bool {
        (self.interrupt_due, self.last_interrupt) = (None, Some(now));
        self.interrupts = self.interrupts.wrapping_add(1);
        true
    }

    /// Locks the card; true if an interrupt is to be raised.
    pub(crate) fn lock(&mut self, fault: CardFault) -> bool {
        if self.state != CardState::Ready {
            return false;
        }
        (self.state, self.fault) = (CardState::Locked, fault);
        self.status = self.status.with_error(true);
        self.interrupts += u32::from(!self.mask.error());
        !self.mask.error()
    }

    fn control(&mut self, control: regs::Control) -> bool {
        if control.to_bits() & regs::Control::default().with_reset(true).to_bits() != 0 {
            (self.state, self.reset_requested) = (CardState::Resetting, true);
            return true;
        }
        if control.enable() && self.state == CardState::Disabled {
            let pair = |[low, high]: [u32; 2]| u64::from(high) << 32 | u64::from(low);
            let (submission, completion) = (pair(self.submission), pair(self.completion));
            let log2 = regs::RingSize::from_bits(self.ring_size).log2();
            self.state = CardState::Ready;
            self.rings = Some(RingSetup { submission, completion, log2 });
            if submission % 4096 != 0 || completion % 4096 != 0 || !(1..=MAX_RING_LOG2).contains(&log2) {
                self.lock(CardFault::BadRing);
            }
        }
        false
    }

    fn doorbell(&mut self, tail: u16) -> bool {
        let Some(rings) = self.rings.filter(|_| self.state == CardState::Ready) else { return false };
        if u32::from(tail.wrapping_sub(self.completed as u16)) > 1 << rings.log2 {
            self.lock(CardFault::BadDoorbell);
            return true;
        }
        self.tail = tail;
        true
    }
}
