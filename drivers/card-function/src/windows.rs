//! Memory that a vfio-user client hands over by file descriptor, as the card sees it through its IOMMU.
//!
//! Mappings come one for each 4 KiB page. A file is mapped into this process once, whole, and each page refers to it,
//! so that thousands of pages cost one mapping; but only what a page covers can be reached.

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    os::{fd::AsRawFd, unix::fs::MetadataExt},
    ptr,
    sync::{Arc, PoisonError, RwLock, Weak, atomic},
};

use crate::memory::{DmaFault, Memory};

#[derive(Default)]
pub(crate) struct Windows {
    /// By first address; no two overlap.
    windows: RwLock<BTreeMap<u64, Window>>,
    files: RwLock<Vec<Weak<MappedFile>>>,
}

#[derive(Clone)]
struct Window {
    size: u64,
    file: Arc<MappedFile>,
    offset: u64,
}

struct MappedFile {
    identity: (u64, u64),
    address: *mut u8,
    size: usize,
}

// SAFETY: the mapping belongs to this value alone, is the same in every thread, and is only accessed by volatile
// operations through raw pointers.
unsafe impl Send for MappedFile {}
// SAFETY: as above; concurrent volatile accesses are those of a DMA device, which host and guest expect.
unsafe impl Sync for MappedFile {}

impl Windows {
    pub(crate) fn map(&self, iova: u64, size: u64, file: &File, offset: u64) -> io::Result<()> {
        let invalid = |what| io::Error::new(io::ErrorKind::InvalidInput, what);
        iova.checked_add(size).filter(|_| size > 0).ok_or_else(|| invalid("window wraps around"))?;
        let file = self.file(file)?;
        let end = offset.checked_add(size).ok_or_else(|| invalid("offset wraps around"))?;
        if end > file.size as u64 || !iova.is_multiple_of(8) || !offset.is_multiple_of(8) {
            return Err(invalid("window outside its file, or unaligned"));
        }
        self.unmap(iova, size);
        let mut windows = self.windows.write().unwrap_or_else(PoisonError::into_inner);
        windows.insert(iova, Window { size, file, offset });
        Ok(())
    }

    /// Removes a range; a window that it covers in part keeps the rest.
    pub(crate) fn unmap(&self, iova: u64, size: u64) {
        let end = iova.saturating_add(size);
        let mut windows = self.windows.write().unwrap_or_else(PoisonError::into_inner);
        let before = windows.range(..iova).next_back().map(|(first, _)| *first);
        let inside: Vec<u64> = before.into_iter().chain(windows.range(iova..end).map(|(first, _)| *first)).collect();
        for first in inside {
            let Some(window) = windows.get(&first).cloned().filter(|window| first + window.size > iova) else {
                continue;
            };
            windows.remove(&first);
            let last = first + window.size;
            if first < iova {
                windows.insert(first, Window { size: iova - first, ..window.clone() });
            }
            if last > end {
                let offset = window.offset + (end - first);
                windows.insert(end, Window { size: last - end, offset, ..window });
            }
        }
    }

    pub(crate) fn unmap_all(&self) {
        self.windows.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn file(&self, file: &File) -> io::Result<Arc<MappedFile>> {
        let metadata = file.metadata()?;
        let identity = (metadata.dev(), metadata.ino());
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        files.retain(|known| known.strong_count() > 0);
        let known = files.iter().filter_map(Weak::upgrade).find(|known| known.identity == identity);
        if let Some(known) = known {
            return Ok(known);
        }
        let mapped = Arc::new(MappedFile::new(file, identity, metadata.len())?);
        files.push(Arc::downgrade(&mapped));
        Ok(mapped)
    }

    /// Calls `access` with each piece of a range: pointer, index of its first word, words. Nothing is accessed unless
    /// all of the range is mapped.
    fn pieces(&self, iova: u64, words: usize, mut access: impl FnMut(*mut u64, usize, usize)) -> Result<(), DmaFault> {
        let windows = self.windows.read().unwrap_or_else(PoisonError::into_inner);
        let end = iova.checked_add(words as u64 * 8).filter(|_| iova.is_multiple_of(8)).ok_or(DmaFault)?;
        let (mut at, mut pieces) = (iova, Vec::new());
        while at < end {
            let (first, window) = windows.range(..=at).next_back().ok_or(DmaFault)?;
            let into = at - first;
            if into >= window.size {
                return Err(DmaFault);
            }
            let bytes = (window.size - into).min(end - at);
            pieces.push((window, into, ((at - iova) / 8) as usize, (bytes / 8) as usize));
            at += bytes;
            if bytes % 8 != 0 {
                return Err(DmaFault);
            }
        }
        for (window, into, first, count) in pieces {
            // SAFETY: `map` checked that offset + size lies in the file's mapping, and `into` lies in the window.
            let pointer = unsafe { window.file.address.add((window.offset + into) as usize) };
            access(pointer.cast(), first, count);
        }
        Ok(())
    }
}

impl Memory for Windows {
    fn read(&self, iova: u64, words: &mut [u64]) -> Result<(), DmaFault> {
        self.pieces(iova, words.len(), |pointer, first, count| {
            for (index, word) in words[first..][..count].iter_mut().enumerate() {
                // SAFETY: `pieces` gives `count` mapped words at an aligned pointer and holds the mapping meanwhile.
                *word = unsafe { ptr::read_volatile(pointer.add(index)) };
            }
        })?;
        atomic::fence(atomic::Ordering::Acquire);
        Ok(())
    }

    fn write(&self, iova: u64, words: &[u64]) -> Result<(), DmaFault> {
        atomic::fence(atomic::Ordering::Release);
        self.pieces(iova, words.len(), |pointer, first, count| {
            for (index, word) in words[first..][..count].iter().enumerate() {
                // SAFETY: as in `read`; the file is mapped writable.
                unsafe { ptr::write_volatile(pointer.add(index), *word) };
            }
        })
    }
}

impl MappedFile {
    fn new(file: &File, identity: (u64, u64), size: u64) -> io::Result<Self> {
        let size = usize::try_from(size).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new shared mapping of an open file, at an address that the kernel chooses.
        let address = unsafe { libc::mmap(ptr::null_mut(), size, protection, libc::MAP_SHARED, file.as_raw_fd(), 0) };
        if address == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { identity, address: address.cast(), size })
    }
}

impl Drop for MappedFile {
    fn drop(&mut self) {
        // SAFETY: the mapping made in `new`; windows that refer to it hold a reference, so none is left.
        unsafe { libc::munmap(self.address.cast(), self.size) };
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::*;

    #[test]
    fn only_what_is_mapped_can_be_reached() {
        let mut file = tempfile::tempfile().expect("file");
        for word in 0..4096u64 {
            file.write_all(&word.to_le_bytes()).expect("write");
        }
        file.rewind().expect("rewind");
        let windows = Windows::default();
        // Two pages side by side on the bus, the other way round in the file.
        windows.map(0x10000, 4096, &file, 4096).expect("map");
        windows.map(0x11000, 4096, &file, 0).expect("map");
        let mut words = [0; 4];
        assert_eq!(windows.read(0x11000 - 16, &mut words), Ok(()));
        assert_eq!(words, [1022, 1023, 0, 1]);
        assert_eq!(windows.read(0x10000 - 8, &mut words), Err(DmaFault));
        assert_eq!(windows.read(0x12000 - 24, &mut words), Err(DmaFault));
        assert_eq!(windows.write(0x12000 - 24, &[9; 4]), Err(DmaFault));
        assert_eq!(windows.read(0x12000 - 32, &mut words), Ok(()));
        assert_eq!(words, [508, 509, 510, 511], "a refused write changes nothing");
        // A hole in the middle leaves both ends.
        windows.unmap(0x10800, 0x1000);
        assert_eq!(windows.read(0x10800 - 32, &mut words), Ok(()));
        assert_eq!(windows.read(0x10800 - 24, &mut words), Err(DmaFault));
        assert_eq!(windows.read(0x11800, &mut words), Ok(()));
        assert_eq!(words[0], 256);
        assert!(windows.map(0, 4096, &file, 29 * 1024).is_err(), "beyond the file");
        assert!(windows.map(u64::MAX - 8, 4096, &file, 0).is_err(), "wraps around");
    }
}
