//! How the DMA pool is divided: the two rings, then slots of equal size, one for each job in flight.

use card_csr::{Completion, Descriptor};

use crate::CardError;

/// Jobs in flight at a time.
pub(crate) const SLOTS: usize = 8;
/// Entries of each ring: more than can be in flight, so that a ring is never full.
pub(crate) const RING_LOG2: u32 = 6;
pub(crate) const RING_ENTRIES: usize = 1 << RING_LOG2;

const SUBMISSION_RING: usize = 0;
const COMPLETION_RING: usize = 4096;
const FIRST_SLOT: usize = 8192;
/// A slot holds at least one item of the widest operands: two of 6144 bits in, one out, and room to align.
const MIN_SLOT: usize = 4096;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    iova: u64,
    pool: usize,
    slot_bytes: usize,
}

impl Layout {
    pub(crate) fn new(iova: u64, pool: usize) -> Result<Self, CardError> {
        const { assert!(RING_ENTRIES * Descriptor::BYTES <= COMPLETION_RING - SUBMISSION_RING) };
        const { assert!(RING_ENTRIES * Completion::BYTES <= FIRST_SLOT - COMPLETION_RING) };
        let slot_bytes = pool.saturating_sub(FIRST_SLOT) / SLOTS / 64 * 64;
        let fits = iova.checked_add(pool as u64).is_some() && iova.is_multiple_of(4096) && slot_bytes >= MIN_SLOT;
        if fits { Ok(Self { iova, pool, slot_bytes }) } else { Err(CardError::DmaPool { bytes: pool }) }
    }

    pub(crate) fn pool(&self) -> usize {
        self.pool
    }

    pub(crate) fn slot_bytes(&self) -> usize {
        self.slot_bytes
    }

    /// Offset of a slot in the pool.
    pub(crate) fn slot(&self, index: usize) -> usize {
        FIRST_SLOT + index * self.slot_bytes
    }

    pub(crate) fn descriptor(&self, count: u16) -> usize {
        SUBMISSION_RING + usize::from(count) % RING_ENTRIES * Descriptor::BYTES
    }

    pub(crate) fn completion(&self, count: u16) -> usize {
        COMPLETION_RING + usize::from(count) % RING_ENTRIES * Completion::BYTES
    }

    pub(crate) fn submission_base(&self) -> u64 {
        self.iova(SUBMISSION_RING)
    }

    pub(crate) fn completion_base(&self) -> u64 {
        self.iova(COMPLETION_RING)
    }

    /// Where the card sees an offset of the pool.
    pub(crate) fn iova(&self, offset: usize) -> u64 {
        self.iova + offset as u64
    }
}
