//! The card's view of the host's memory.

use std::sync::atomic::{AtomicU64, Ordering};

/// An access to something that the host did not map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DmaFault;

/// Memory that the card reaches by IOVA, in 64-bit words.
pub trait Memory: Send + Sync {
    fn read(&self, iova: u64, words: &mut [u64]) -> Result<(), DmaFault>;
    fn write(&self, iova: u64, words: &[u64]) -> Result<(), DmaFault>;
}

/// One range of memory inside this process.
pub(crate) struct LocalMemory {
    pub(crate) iova: u64,
    pub(crate) words: Box<[AtomicU64]>,
}

impl LocalMemory {
    pub(crate) fn new(iova: u64, bytes: usize) -> Self {
        Self { iova, words: (0..bytes / 8).map(|_| AtomicU64::new(0)).collect() }
    }

    fn range(&self, iova: u64, words: usize) -> Result<&[AtomicU64], DmaFault> {
        let offset = iova.checked_sub(self.iova).filter(|offset| offset.is_multiple_of(8)).ok_or(DmaFault)?;
        let first = usize::try_from(offset / 8).map_err(|_| DmaFault)?;
        self.words.get(first..).and_then(|rest| rest.get(..words)).ok_or(DmaFault)
    }
}

impl Memory for LocalMemory {
    fn read(&self, iova: u64, words: &mut [u64]) -> Result<(), DmaFault> {
        let cells = self.range(iova, words.len())?;
        for (word, cell) in words.iter_mut().zip(cells) {
            *word = cell.load(Ordering::Acquire);
        }
        Ok(())
    }

    fn write(&self, iova: u64, words: &[u64]) -> Result<(), DmaFault> {
        for (word, cell) in words.iter().zip(self.range(iova, words.len())?) {
            cell.store(*word, Ordering::Release);
        }
        Ok(())
    }
}
