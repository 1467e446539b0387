//! What can be made to go wrong around the design, and in it.

use clap::ValueEnum;

/// A way to misbehave, after as many completions as [`FaultPlan::after`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FaultMode {
    /// The host's memory answers nothing until a reset, or as many of them as the plan says: no job ends.
    Hang,
    /// A bit of each result flips on the bus.
    WrongResult,
    /// A bit of a key context flips where the engine keeps it.
    CorruptContext,
    /// The card's own memory answers with errors.
    CardMemoryError,
    /// The card's own memory answers nothing until a reset.
    CardMemoryHang,
    /// The host's memory gives a word that nobody asked for, once.
    HostUnasked,
    /// Power-up's reset in the middle of a burst, once, while the host's memory goes on with the burst.
    PowerReset,
    /// Results go to addresses that the host did not map.
    DmaOutside,
    /// Completions say nothing that is defined.
    GarbageCompletion,
    /// No interrupt.
    LostInterrupt,
    /// An interrupt every few cycles, until a reset.
    InterruptStorm,
    /// Every register reads as all ones.
    Vanish,
    /// The process ends.
    Die,
    /// The register map has another major version, from the start.
    WrongVersion,
}

/// The misbehaviour of one card; by default none.
#[derive(Clone, Copy, Debug, Default)]
pub struct FaultPlan {
    pub mode: Option<FaultMode>,
    /// Completions, of loading and unloading contexts too, before it begins.
    pub after: u64,
    /// Resets that it outlasts; None: all.
    pub resets: Option<u64>,
}

impl FaultPlan {
    /// The fault after so many completions and resets since it began.
    pub(crate) fn now(&self, completions: u64, resets: u64) -> Option<FaultMode> {
        let over = self.resets.is_some_and(|outlasted| resets > outlasted);
        self.mode.filter(|_| completions >= self.after && !over)
    }
}
