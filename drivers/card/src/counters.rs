//! What a card has done since it was last reset.

use card_csr::regs::{self, CardKind};

use crate::{CardError, LoadedCard, Transport, registers};

/// Counted by the host, next to what the card itself counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    pub kind: CardKind,
    pub jobs: u64,
    pub interrupts: u64,
    /// Operands, results, descriptors and completions.
    pub dma_bytes: u64,
    pub reported: ReportedCounters,
}

/// The card's own counters: for display and comparison, never for a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportedCounters {
    pub jobs: u32,
    pub interrupts: u32,
    pub dma_bytes: u64,
}

/// The host's half.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HostCounters {
    pub(crate) jobs: u64,
    pub(crate) interrupts: u64,
    pub(crate) dma_bytes: u64,
}

impl<T: Transport> LoadedCard<T> {
    pub fn counters(&mut self) -> Result<Counters, CardError> {
        let transport = &mut self.transport;
        let low = registers::read::<regs::CountDmaBytesLo>(transport)?.count();
        let high = registers::read::<regs::CountDmaBytesHi>(transport)?.count();
        let reported = ReportedCounters {
            jobs: registers::read::<regs::CountJobs>(transport)?.count(),
            interrupts: registers::read::<regs::CountInterrupts>(transport)?.count(),
            dma_bytes: u64::from(high) << 32 | u64::from(low),
        };
        let HostCounters { jobs, interrupts, dma_bytes } = self.counters;
        Ok(Counters { kind: self.identity.kind, jobs, interrupts, dma_bytes, reported })
    }
}
