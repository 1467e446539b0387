//! A simulated card as a transport of the driver, all in one process: for tests that need no emulator.

use std::{
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use card::{Transport, TransportError, wait_eventfd};
use card_csr::{Register, regs};
use vmm_sys_util::eventfd::{EFD_CLOEXEC, EFD_NONBLOCK, EventFd};

use crate::{
    Board, Device,
    memory::{LocalMemory, Memory},
};

/// Above 4 GiB, so that the high halves of addresses count.
const IOVA: u64 = 0x5_4000_0000;

/// A card and its DMA pool.
pub struct InProcess<D> {
    device: D,
    board: Arc<LocalBoard>,
    /// Of the transport's own kind, so that the descriptor outlives no borrow.
    interrupt: OwnedFd,
}

struct LocalBoard {
    memory: LocalMemory,
    interrupt: EventFd,
    dead: AtomicBool,
}

impl<D: Device> InProcess<D> {
    /// What `make` makes, with a DMA pool of `pool_bytes`.
    pub fn new(pool_bytes: usize, make: impl FnOnce(Arc<dyn Board>) -> std::io::Result<D>) -> std::io::Result<Self> {
        let event = EventFd::new(EFD_NONBLOCK | EFD_CLOEXEC)?;
        // SAFETY: the eventfd is open until the end of this statement, which duplicates it.
        let interrupt = unsafe { BorrowedFd::borrow_raw(event.as_raw_fd()) }.try_clone_to_owned()?;
        let board = Arc::new(LocalBoard {
            memory: LocalMemory::new(IOVA, pool_bytes),
            interrupt: event,
            dead: AtomicBool::new(false),
        });
        Ok(Self { device: make(board.clone())?, board, interrupt })
    }

    fn cells(&self, offset: usize, words: usize) -> Result<&[AtomicU64], TransportError> {
        TransportError::check_dma(offset, words, self.dma_len())?;
        Ok(&self.board.memory.words[offset / 8..][..words])
    }

    fn check(&self, offset: u32) -> Result<(), TransportError> {
        if self.board.dead.load(Ordering::Acquire) {
            return Err(TransportError::Gone);
        }
        if !offset.is_multiple_of(4) || offset >= regs::SIZE {
            return Err(TransportError::RegisterRange { offset, size: regs::SIZE.into() });
        }
        Ok(())
    }
}

impl<D: Device> Transport for InProcess<D> {
    fn read_register(&mut self, offset: u32) -> Result<u32, TransportError> {
        self.check(offset)?;
        Ok(self.device.read(offset))
    }

    fn write_register(&mut self, offset: u32, value: u32) -> Result<(), TransportError> {
        self.check(offset)?;
        self.device.write(offset, value);
        Ok(())
    }

    fn dma_len(&self) -> usize {
        self.board.memory.words.len() * 8
    }

    fn dma_iova(&self) -> u64 {
        IOVA
    }

    fn dma_read(&self, offset: usize, words: &mut [u64]) -> Result<(), TransportError> {
        let cells = self.cells(offset, words.len())?;
        for (word, cell) in words.iter_mut().zip(cells) {
            *word = cell.load(Ordering::Acquire);
        }
        Ok(())
    }

    fn dma_write(&mut self, offset: usize, words: &[u64]) -> Result<(), TransportError> {
        for (word, cell) in words.iter().zip(self.cells(offset, words.len())?) {
            cell.store(*word, Ordering::Release);
        }
        Ok(())
    }

    fn dma_wipe(&mut self, offset: usize, bytes: usize) -> Result<(), TransportError> {
        self.cells(offset, bytes.div_ceil(8))?.iter().for_each(|cell| cell.store(0, Ordering::Release));
        Ok(())
    }

    fn wait_interrupt(&mut self, timeout: Duration) -> Result<bool, TransportError> {
        wait_eventfd(self.interrupt.as_fd(), timeout).map_err(|source| TransportError::Interrupt { source })
    }

    fn interrupt_fd(&self) -> Result<OwnedFd, TransportError> {
        self.interrupt.try_clone().map_err(|source| TransportError::Interrupt { source })
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        let reset = regs::Control::default().with_reset(true);
        self.write_register(regs::Control::OFFSET, reset.to_bits())
    }
}

impl Board for LocalBoard {
    fn memory(&self) -> &dyn Memory {
        &self.memory
    }

    fn interrupt(&self) {
        // A counter at its limit is already signalled.
        let _ = self.interrupt.write(1);
    }

    fn die(&self) {
        self.dead.store(true, Ordering::Release);
    }
}
