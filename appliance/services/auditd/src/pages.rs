//! The log's past, in pages: a sealed memory file each, so that a page is as long as it likes and copied once.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;
use std::path::Path;

use audit_log::segment::name;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use crate::store::Index;

/// A page ends with the line that goes beyond.
const PAGE_BYTES: usize = 512 << 10;
/// No line of ours is longer.
const LINE_MAX: u64 = 16 << 10;

/// A place in the log: the next line's number, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    segment: u64,
    number: u64,
    offset: u64,
}

pub(crate) struct Page {
    pub(crate) file: OwnedFd,
    pub(crate) bytes: u64,
    /// The number of its first line: above what was asked for, if that is no more.
    pub(crate) first: u64,
    pub(crate) next: Place,
    pub(crate) end: u64,
}

impl Place {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

/// The lines from number `from` on. `known`: where a page before ended.
pub(crate) fn page(folder: &Path, index: &Index, from: u64, known: Option<Place>) -> io::Result<Page> {
    let (segment, end) = index.find(from);
    let mut at = match known {
        Some(place) if place.number == from && place.segment == segment => place,
        _ => Place { segment, number: segment, offset: 0 },
    };
    let mut reader = open(folder, at)?;
    let mut memory = File::from(memfd_create("audit page", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
    let (mut bytes, mut line, mut first) = (0, Vec::new(), None);
    while at.number < end && bytes < PAGE_BYTES {
        line.clear();
        let read = io::Read::take(&mut reader, LINE_MAX).read_until(b'\n', &mut line)?;
        if read == 0 {
            // By its name: one from which a line was taken ends too early, and the log is read on all the same.
            let Some(segment) = index.after(at.segment) else { break };
            at = Place { segment, number: segment, offset: 0 };
            reader = open(folder, at)?;
            continue;
        }
        if at.number >= from {
            memory.write_all(&line)?;
            bytes += read;
            first.get_or_insert(at.number);
        }
        (at.number, at.offset) = (at.number + 1, at.offset + read as u64);
    }
    memory.seek(SeekFrom::Start(0))?;
    fcntl_add_seals(&memory, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    let first = first.unwrap_or(at.number);
    Ok(Page { file: memory.into(), bytes: bytes as u64, first, next: at, end })
}

fn open(folder: &Path, at: Place) -> io::Result<BufReader<File>> {
    let mut file = File::open(folder.join(name(at.segment)))?;
    file.seek(SeekFrom::Start(at.offset))?;
    Ok(BufReader::new(file))
}
