//! What the driver needs of the way to a card: registers, a pool of DMA memory, an interrupt.

use std::{
    io,
    os::fd::{BorrowedFd, OwnedFd},
    time::Duration,
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};
use thiserror::Error;

/// A way to one card.
///
/// The DMA pool is one range of memory: contiguous for the card, from `dma_iova` on, mapped for as long as the
/// transport lives, and accessed by the host in 64-bit little-endian words at offsets that are multiples of 8. The card
/// may write to it at any time, so that an implementation never makes references to it.
///
/// `write_register` comes after every earlier `dma_write` in the card's eyes; a `dma_read` sees everything that the
/// card wrote before the data of an earlier `dma_read`, and before an interrupt that `wait_interrupt` reported.
pub trait Transport {
    fn read_register(&mut self, offset: u32) -> Result<u32, TransportError>;
    fn write_register(&mut self, offset: u32, value: u32) -> Result<(), TransportError>;

    /// Bytes in the DMA pool.
    fn dma_len(&self) -> usize;
    /// Where the card sees the pool's first byte.
    fn dma_iova(&self) -> u64;
    fn dma_read(&self, offset: usize, words: &mut [u64]) -> Result<(), TransportError>;
    fn dma_write(&mut self, offset: usize, words: &[u64]) -> Result<(), TransportError>;
    /// Zeroes memory in a way that no compiler removes.
    fn dma_wipe(&mut self, offset: usize, bytes: usize) -> Result<(), TransportError>;

    /// Waits for at most `timeout`; says whether an interrupt came, and takes it.
    fn wait_interrupt(&mut self, timeout: Duration) -> Result<bool, TransportError>;
    /// A duplicate of the eventfd behind `wait_interrupt`, for an event loop. Who reads it takes the interrupt.
    fn interrupt_fd(&self) -> Result<OwnedFd, TransportError>;

    /// Resets the whole function as far as the bus can, and leaves it usable for the driver.
    fn reset(&mut self) -> Result<(), TransportError>;
}

impl<T: Transport + ?Sized> Transport for &mut T {
    fn read_register(&mut self, offset: u32) -> Result<u32, TransportError> {
        (**self).read_register(offset)
    }

    fn write_register(&mut self, offset: u32, value: u32) -> Result<(), TransportError> {
        (**self).write_register(offset, value)
    }

    fn dma_len(&self) -> usize {
        (**self).dma_len()
    }

    fn dma_iova(&self) -> u64 {
        (**self).dma_iova()
    }

    fn dma_read(&self, offset: usize, words: &mut [u64]) -> Result<(), TransportError> {
        (**self).dma_read(offset, words)
    }

    fn dma_write(&mut self, offset: usize, words: &[u64]) -> Result<(), TransportError> {
        (**self).dma_write(offset, words)
    }

    fn dma_wipe(&mut self, offset: usize, bytes: usize) -> Result<(), TransportError> {
        (**self).dma_wipe(offset, bytes)
    }

    fn wait_interrupt(&mut self, timeout: Duration) -> Result<bool, TransportError> {
        (**self).wait_interrupt(timeout)
    }

    fn interrupt_fd(&self) -> Result<OwnedFd, TransportError> {
        (**self).interrupt_fd()
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        (**self).reset()
    }
}

/// Why a transport could not do what it was asked.
#[derive(Debug, Error)]
pub enum TransportError {
    #[error("the function is gone from the bus")]
    Gone,
    #[error("register access at {offset:#x}")]
    Register { offset: u32, source: io::Error },
    #[error("register offset {offset:#x} is unaligned or outside the BAR of {size} bytes")]
    RegisterRange { offset: u32, size: u64 },
    #[error("DMA access at {offset:#x} for {bytes} bytes is unaligned or outside the pool of {pool} bytes")]
    DmaRange { offset: usize, bytes: usize, pool: usize },
    #[error("waiting for an interrupt")]
    Interrupt { source: io::Error },
    #[error("resetting the function")]
    Reset { source: io::Error },
}

impl TransportError {
    /// Checks a DMA access of `words` words at `offset` against a pool of `pool` bytes.
    pub fn check_dma(offset: usize, words: usize, pool: usize) -> Result<(), Self> {
        let bytes = words.saturating_mul(8);
        match offset.checked_add(bytes) {
            Some(end) if end <= pool && offset.is_multiple_of(8) => Ok(()),
            _ => Err(Self::DmaRange { offset, bytes, pool }),
        }
    }
}

/// Waits until a non-blocking eventfd is signalled, for at most `timeout`, and resets it; false if it was not.
pub fn wait_eventfd(fd: BorrowedFd<'_>, timeout: Duration) -> io::Result<bool> {
    // Rounded up, so that a caller that waits for a deadline does not spin in its last millisecond.
    let millis = timeout.as_micros().div_ceil(1000);
    let millis = PollTimeout::try_from(u32::try_from(millis).unwrap_or(u32::MAX)).unwrap_or(PollTimeout::MAX);
    match poll(&mut [PollFd::new(fd, PollFlags::POLLIN)], millis) {
        // A signal ends the wait early, which the caller's own clock makes up for.
        Ok(0) | Err(Errno::EINTR) => return Ok(false),
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    match nix::unistd::read(fd, &mut [0; 8]) {
        Ok(_) => Ok(true),
        Err(Errno::EAGAIN) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
