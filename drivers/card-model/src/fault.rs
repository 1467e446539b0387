//! What can be made to go wrong, and when.

use clap::ValueEnum;

/// A way to misbehave, from the job with the number [`FaultPlan::after`] on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FaultMode {
    /// One bit of one result is flipped.
    WrongResult,
    /// One result y becomes N - y.
    SignFlip,
    /// No completion.
    Hang,
    /// A completion full of undefined values.
    GarbageCompletion,
    /// Each completion is written twice.
    DuplicateCompletion,
    /// The completion says that it comes after one that is not there.
    OutOfOrder,
    /// The completion speaks of fewer items than were asked for.
    WrongLength,
    /// Results go to an address that the host did not map.
    DmaOutside,
    /// No interrupt.
    LostInterrupt,
    /// Interrupts without end and without reason, until a reset.
    InterruptStorm,
    /// A bit of the context's modulus flips after it was loaded, and the card does not notice.
    CorruptContext,
    /// An error of the card's own memory: the card locks itself.
    CardMemoryError,
    /// The host's memory owes answers: no completion, and resets end locked, until the host has read twice why.
    HostSilent,
    /// The host's memory answers what it was not asked: the card locks itself.
    HostUnasked,
    /// The card resets itself in the middle of a job.
    SelfReset,
    /// The card vanishes in the middle of a job.
    Die,
    /// The card is off the bus, but its process lives: every register reads as all ones. An emulator survives this; when
    /// the process itself dies, QEMU stops the whole machine.
    Vanish,
    /// The register map has another major version, from the start.
    WrongVersion,
}

/// The misbehaviour of one card; by default none.
#[derive(Clone, Copy, Debug, Default)]
pub struct FaultPlan {
    pub mode: Option<FaultMode>,
    /// Jobs, loading and unloading of contexts among them, that are still done right.
    pub after: u64,
    /// Jobs that go wrong then; None: all that follow. A reset ends no fault.
    pub times: Option<u64>,
}

impl FaultPlan {
    /// The fault to apply to job number `job`, counted from 0 since power-up.
    pub(crate) fn at(&self, job: u64) -> Option<FaultMode> {
        let over = self.times.is_some_and(|times| job >= self.after.saturating_add(times));
        self.mode.filter(|_| job >= self.after && !over)
    }
}
