//! What the design's two memory ports reach: the host's memory as far as it is mapped, and the card's own.

use std::sync::Arc;

use card_csr::{Completion, Register, regs};
use card_function::Board;

use crate::{
    axi::{DECERR, OKAY, SLVERR, Storage},
    fault::FaultMode,
};

/// The host's memory, through its IOMMU. It watches where the completion ring is, to count completions and to spoil them.
pub(crate) struct HostMemory {
    board: Arc<dyn Board>,
    pub(crate) completions: u64,
    pub(crate) fault: Option<FaultMode>,
    ring: [u32; 2],
    ring_log2: u32,
}

impl HostMemory {
    pub(crate) fn new(board: Arc<dyn Board>) -> Self {
        Self { board, completions: 0, fault: None, ring: [0; 2], ring_log2: 0 }
    }

    /// Sees a write of the host's to a register.
    pub(crate) fn note_register(&mut self, offset: u32, value: u32) {
        match offset {
            regs::CompletionBaseLo::OFFSET => self.ring[0] = value,
            regs::CompletionBaseHi::OFFSET => self.ring[1] = value,
            regs::RingSize::OFFSET => self.ring_log2 = value & 0x1f,
            _ => {}
        }
    }

    /// Offset of an address in the completion ring.
    fn in_ring(&self, address: u64) -> Option<u64> {
        let base = u64::from(self.ring[1]) << 32 | u64::from(self.ring[0]);
        let bytes = (Completion::BYTES as u64) << self.ring_log2;
        address.checked_sub(base).filter(|offset| *offset < bytes)
    }

    fn put(&self, address: u64, words: &[u64], strobes: &[u8]) -> u8 {
        if strobes.iter().all(|strobe| *strobe == 0xff) {
            return response(self.board.memory().write(address, words).is_ok());
        }
        let mut merged = vec![0; words.len()];
        if self.board.memory().read(address, &mut merged).is_err() {
            return DECERR;
        }
        for ((merged, word), strobe) in merged.iter_mut().zip(words).zip(strobes) {
            *merged = merge(*merged, *word, *strobe);
        }
        response(self.board.memory().write(address, &merged).is_ok())
    }
}

impl Storage for HostMemory {
    fn read(&mut self, address: u64, words: &mut [u64]) -> u8 {
        response(self.board.memory().read(address, words).is_ok())
    }

    fn write(&mut self, address: u64, words: &[u64], strobes: &[u8]) -> u8 {
        // A burst that the card only ends, after an error or a reset, has no byte enabled and touches nothing.
        if strobes.iter().all(|strobe| *strobe == 0) {
            return OKAY;
        }
        let entry = self.in_ring(address);
        let of_completion = Completion::BYTES as u64;
        // An entry's first word, which comes last, makes it valid.
        self.completions += u64::from(entry.is_some_and(|offset| offset.is_multiple_of(of_completion)));
        match (self.fault, entry) {
            (Some(FaultMode::DmaOutside), None) => self.put(address ^ 1 << 50, words, strobes),
            (Some(FaultMode::WrongResult), None) => {
                let mut spoiled = words.to_vec();
                spoiled[0] ^= 2;
                self.put(address, &spoiled, strobes)
            }
            (Some(FaultMode::GarbageCompletion), Some(offset)) => {
                let mut spoiled = words.to_vec();
                for (at, word) in (offset / 8 % 4..).zip(&mut spoiled) {
                    // The phase, which makes the entry count, stays.
                    *word = if at == 0 { *word | 0xfe << 24 } else { u64::MAX };
                }
                self.put(address, &spoiled, strobes)
            }
            _ => self.put(address, words, strobes),
        }
    }
}

/// The card's own memory: as large as the regions of all contexts together.
pub(crate) struct CardMemory {
    words: Vec<u64>,
    pub(crate) failing: bool,
}

impl CardMemory {
    /// Filled with numbers that are not zero: what the card never wrote it must not rely on.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            words: (0..bytes / 8).map(|word| (word as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1).collect(),
            failing: false,
        }
    }

    fn range(&mut self, address: u64, words: usize) -> Option<&mut [u64]> {
        let first = usize::try_from(address / 8).ok()?;
        self.words.get_mut(first..)?.get_mut(..words)
    }
}

impl Storage for CardMemory {
    fn read(&mut self, address: u64, words: &mut [u64]) -> u8 {
        if self.failing {
            return SLVERR;
        }
        match self.range(address, words.len()) {
            Some(found) => words.copy_from_slice(found),
            None => return DECERR,
        }
        OKAY
    }

    fn write(&mut self, address: u64, words: &[u64], strobes: &[u8]) -> u8 {
        if self.failing {
            return SLVERR;
        }
        let Some(range) = self.range(address, words.len()) else { return DECERR };
        for ((stored, word), strobe) in range.iter_mut().zip(words).zip(strobes) {
            *stored = merge(*stored, *word, *strobe);
        }
        OKAY
    }
}

fn response(good: bool) -> u8 {
    if good { OKAY } else { DECERR }
}

/// The bytes of `new` whose strobe is set, the others of `old`.
fn merge(old: u64, new: u64, strobe: u8) -> u64 {
    let mask = (0..8).filter(|byte| strobe >> byte & 1 != 0).fold(0, |mask, byte| mask | 0xff << (8 * byte));
    old & !mask | new & mask
}
