//! The DMA pool: one long-lived allocation that a function reaches through the IOMMU.
//!
//! The card may change this memory at any time, so that no reference to it ever exists: it is reached by volatile
//! accesses through a raw pointer that stays in this file.

use std::{
    io, ptr,
    sync::{
        Arc,
        atomic::{Ordering, fence},
    },
};

use card::TransportError;
use vfio_ioctls::VfioContainer;

use crate::VfioError;

const MAX_BYTES: usize = 1 << 30;
const PAGE: usize = 4096;
/// Start of a huge page, so that the kernel can use them.
const HUGE_PAGE: usize = 2 << 20;

pub struct DmaPool {
    container: Arc<VfioContainer>,
    iova: u64,
    mapping: Mapping,
    /// First byte that the card sees, in `mapping`.
    address: *mut u64,
    bytes: usize,
}

// SAFETY: the pool owns its memory, which is the same in every thread; `&self` methods only read it, volatile.
unsafe impl Send for DmaPool {}

impl DmaPool {
    pub(crate) fn new(container: Arc<VfioContainer>, iova: u64, bytes: usize) -> Result<Self, VfioError> {
        if bytes == 0 || !bytes.is_multiple_of(PAGE) || bytes > MAX_BYTES {
            return Err(VfioError::PoolSize { bytes });
        }
        let mapping = Mapping::new(bytes + HUGE_PAGE).map_err(|source| VfioError::Allocate { bytes, source })?;
        let address = mapping.aligned(HUGE_PAGE);
        advise(address, bytes);
        // SAFETY: the range lies in `mapping`, whose pointer nobody else has; from here on it is only accessed by the
        // volatile operations below, until `drop` has taken it back from the IOMMU.
        unsafe { container.vfio_dma_map(iova, bytes, address) }.map_err(|source| VfioError::Map { bytes, source })?;
        Ok(Self { container, iova, mapping, address: address.cast(), bytes })
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn read(&self, offset: usize, words: &mut [u64]) -> Result<(), TransportError> {
        let from = self.at(offset, words.len())?;
        for (index, word) in words.iter_mut().enumerate() {
            // SAFETY: `at` checked that all of these words lie in the pool, aligned.
            *word = u64::from_le(unsafe { ptr::read_volatile(from.add(index)) });
        }
        // What is read after a completion's first word is not older than that word.
        fence(Ordering::Acquire);
        Ok(())
    }

    pub fn write(&mut self, offset: usize, words: &[u64]) -> Result<(), TransportError> {
        let to = self.at(offset, words.len())?;
        for (index, word) in words.iter().enumerate() {
            // SAFETY: `at` checked that all of these words lie in the pool, aligned.
            unsafe { ptr::write_volatile(to.add(index), word.to_le()) };
        }
        Ok(())
    }

    pub fn wipe(&mut self, offset: usize, bytes: usize) -> Result<(), TransportError> {
        let words = bytes.div_ceil(8);
        let to = self.at(offset, words)?;
        for index in 0..words {
            // SAFETY: `at` checked that all of these words lie in the pool, aligned.
            unsafe { ptr::write_volatile(to.add(index), 0) };
        }
        fence(Ordering::SeqCst);
        Ok(())
    }

    fn at(&self, offset: usize, words: usize) -> Result<*mut u64, TransportError> {
        TransportError::check_dma(offset, words, self.bytes)?;
        // SAFETY: `offset` lies in the pool, or at its end for no words.
        Ok(unsafe { self.address.add(offset / 8) })
    }
}

impl Drop for DmaPool {
    fn drop(&mut self) {
        // Memory that the card may still write to must not go back to the kernel's other users: leak it then.
        if self.container.vfio_dma_unmap(self.iova, self.bytes).is_err() {
            self.mapping.leak();
        }
    }
}

/// Anonymous memory.
struct Mapping {
    address: *mut libc::c_void,
    bytes: usize,
}

impl Mapping {
    fn new(bytes: usize) -> io::Result<Self> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: new memory at an address that the kernel chooses.
        let address = unsafe { libc::mmap(ptr::null_mut(), bytes, protection, flags, -1, 0) };
        if address == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(Self { address, bytes }) }
    }

    /// The first multiple of `alignment` in it; it is at least that much longer than what is used.
    fn aligned(&self, alignment: usize) -> *mut u8 {
        let address = self.address.cast::<u8>();
        // SAFETY: at most `alignment` - 1 bytes on, which lies in the mapping.
        unsafe { address.add(address.align_offset(alignment) % alignment) }
    }

    fn leak(&mut self) {
        self.bytes = 0;
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.bytes > 0 {
            // SAFETY: the mapping of `new`, which nothing refers to any more.
            unsafe { libc::munmap(self.address, self.bytes) };
        }
    }
}

/// Asks for huge pages (fewer IOMMU entries), and keeps operands out of core dumps and of children: a fork would leave
/// parent and card with different copies of a page. All of it is best effort: 4 KiB pages serve as well.
fn advise(address: *mut u8, bytes: usize) {
    for advice in [libc::MADV_HUGEPAGE, libc::MADV_DONTDUMP, libc::MADV_DONTFORK] {
        // SAFETY: advice about whole pages of a mapping of ours; none of these changes its contents.
        unsafe { libc::madvise(address.cast(), bytes, advice) };
    }
}
