//! What a card has done since it was last reset.

use card_csr::{
    Readable,
    regs::{self, CardKind},
};

use crate::{error::CardError, host_counters::HostCounters, loaded::LoadedCard, registers, transport::Transport};

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
    /// Clock cycles since reset. This and what follows is zero for a card without a clock.
    pub cycles: u64,
    /// Montgomery products of all engines.
    pub products: u64,
    /// Cycles, summed over engines, in which the multipliers had digits to multiply.
    pub multiplying: u64,
    /// In which an engine had a job.
    pub active: u64,
    /// In which an engine had a job and no product under way.
    pub waiting: u64,
}

impl<T: Transport> LoadedCard<T> {
    pub fn counters(&mut self) -> Result<Counters, CardError> {
        let transport = &mut self.transport;
        let reported = ReportedCounters {
            jobs: registers::read::<regs::CountJobs>(transport)?.count(),
            interrupts: registers::read::<regs::CountInterrupts>(transport)?.count(),
            dma_bytes: pair::<regs::CountDmaBytesLo, regs::CountDmaBytesHi>(transport)?,
            cycles: pair::<regs::CountCyclesLo, regs::CountCyclesHi>(transport)?,
            products: pair::<regs::CountProductsLo, regs::CountProductsHi>(transport)?,
            multiplying: pair::<regs::CountRowsLo, regs::CountRowsHi>(transport)?,
            active: pair::<regs::CountActiveLo, regs::CountActiveHi>(transport)?,
            waiting: pair::<regs::CountWaitLo, regs::CountWaitHi>(transport)?,
        };
        let HostCounters { jobs, interrupts, dma_bytes } = self.counters;
        Ok(Counters { kind: self.identity.kind, jobs, interrupts, dma_bytes, reported })
    }
}

/// A 64-bit counter: reading its low half latches the high half.
fn pair<Low: Readable, High: Readable>(transport: &mut impl Transport) -> Result<u64, CardError> {
    let low = registers::read::<Low>(transport)?.to_bits();
    let high = registers::read::<High>(transport)?.to_bits();
    Ok(u64::from(high) << 32 | u64::from(low))
}
