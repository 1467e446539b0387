//! What the host counts of a card.

/// Since the card was last reset.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HostCounters {
    pub(crate) jobs: u64,
    pub(crate) interrupts: u64,
    pub(crate) dma_bytes: u64,
}
