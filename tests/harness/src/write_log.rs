//! What a box wrote to its disk, in order, and the states that a power cut could have left.
//!
//! Killing the emulator is no power cut: the host keeps what was written. So QEMU's `blklogwrites` records every write, in the
//! format of Linux's dm-log-writes (Documentation/admin-guide/device-mapper/log-writes.rst). It notes what is done, a write or a
//! flush, before the box hears that it is: what the box has heard of is in the log, and what comes before a flush outlives a cut.
//! Of what comes after the last flush a disk may have kept any part. It writes a sector whole or not at all: each counts by itself.

use std::fs;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use imager::span::Span;

use crate::HarnessError;

const SECTOR: usize = 512;
const MAGIC: u64 = 0x006a_7366_7773_6872;
/// The flags of an entry: all that was written before it is on the disk; it has no data.
const FLUSH: u64 = 1;
const DISCARD: u64 = 4;

/// A log of writes. An instant is a length that the file had: what begins below it had happened.
#[derive(Debug)]
pub struct WriteLog {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Of its head, in the log.
    at: usize,
    sector: u64,
    /// Those with data.
    sectors: usize,
    is_flush: bool,
}

/// A sector that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectorWrite<'a> {
    /// In bytes from the start of the disk.
    pub offset: u64,
    pub data: &'a [u8],
}

/// How long the log is now: an instant.
pub fn instant(log: &Path) -> Result<u64, HarnessError> {
    Ok(fs::metadata(log).map_err(HarnessError::file("look at", log))?.len())
}

/// Writes sectors to a copy of the disk, in this order.
pub fn apply<'a>(writes: impl IntoIterator<Item = SectorWrite<'a>>, disk: &Path) -> Result<(), HarnessError> {
    let file = fs::OpenOptions::new().write(true).open(disk).map_err(HarnessError::file("open", disk))?;
    writes
        .into_iter()
        .try_for_each(|write| file.write_all_at(write.data, write.offset))
        .map_err(HarnessError::file("write", disk))
}

impl WriteLog {
    pub fn read(log: &Path) -> Result<WriteLog, HarnessError> {
        let bytes = fs::read(log).map_err(HarnessError::file("read", log))?;
        WriteLog::parse(bytes).map_err(|problem| HarnessError::Box { problem: format!("its write log: {problem}") })
    }

    /// The count in the log's head is brought up to date at times alone: the entries end where the file ends, or is empty.
    fn parse(bytes: Vec<u8>) -> Result<WriteLog, &'static str> {
        let number = |at: usize| bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
        if number(0) != Some(MAGIC) || bytes.get(24..28) != Some(&(SECTOR as u32).to_le_bytes()) {
            return Err("no log of writes, or of sectors of another size");
        }
        let (mut entries, mut at) = (Vec::new(), SECTOR);
        while let (Some(sector), Some(count), Some(flags)) = (number(at), number(at + 8), number(at + 16)) {
            if count == 0 && flags == 0 {
                break;
            }
            let sectors = if flags & DISCARD == 0 { count as usize } else { 0 };
            entries.push(Entry { at, sector, sectors, is_flush: flags & FLUSH != 0 });
            let length = sectors.checked_add(1).and_then(|s| s.checked_mul(SECTOR));
            at = length.and_then(|l| at.checked_add(l)).ok_or("an entry beyond any disk")?;
            if at > bytes.len() {
                return Err("it ends within an entry");
            }
        }
        Ok(WriteLog { bytes, entries })
    }

    /// The sectors within a part of the disk, in the order in which they were written.
    pub fn within(&self, span: Span) -> impl Iterator<Item = SectorWrite<'_>> {
        self.between(0..u64::MAX).filter(move |w| (span.start..span.start + span.length).contains(&w.offset))
    }

    /// The sectors that were written from one instant to another, in order.
    pub fn between(&self, instants: Range<u64>) -> impl Iterator<Item = SectorWrite<'_>> {
        let entries = self.entries.iter().filter(move |e| instants.contains(&(e.at as u64)));
        entries.flat_map(|e| {
            let data = &self.bytes[e.at + SECTOR..e.at + SECTOR * (1 + e.sectors)];
            let offsets = (e.sector..).map(|sector| sector * SECTOR as u64);
            offsets.zip(data.chunks(SECTOR)).map(|(offset, data)| SectorWrite { offset, data })
        })
    }

    /// What was written before this instant, the last flush before `instant`, outlives a power cut then.
    pub fn flushed(&self, instant: u64) -> u64 {
        let before = self.entries.iter().take_while(|e| (e.at as u64) < instant);
        before.filter(|e| e.is_flush).last().map_or(0, |e| e.at as u64)
    }

    /// Every instant within the range at which something had just happened.
    pub fn instants(&self, range: Range<u64>) -> Vec<u64> {
        let after = self.entries.iter().map(|e| (e.at + SECTOR) as u64);
        after.filter(|instant| range.contains(instant)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sector: u64, count: u64, flags: u64, fill: u8) -> Vec<u8> {
        let mut bytes: Vec<u8> = [sector, count, flags, 0].into_iter().flat_map(u64::to_le_bytes).collect();
        bytes.resize(SECTOR, 0);
        if flags & DISCARD == 0 {
            bytes.resize(SECTOR * (1 + count as usize), fill);
        }
        bytes
    }

    fn head() -> Vec<u8> {
        let mut bytes: Vec<u8> = [MAGIC, 1, 0].into_iter().flat_map(u64::to_le_bytes).collect();
        bytes.extend((SECTOR as u32).to_le_bytes());
        bytes.resize(SECTOR, 0);
        bytes
    }

    fn sectors<'a>(writes: impl Iterator<Item = SectorWrite<'a>>) -> Vec<(u64, u8)> {
        writes.map(|write| (write.offset / 512, write.data[0])).collect()
    }

    #[test]
    fn sectors_of_the_span_come_in_the_order_of_their_writes() {
        let log = [head(), entry(9, 3, 0, 1), entry(0, 0, 1, 0), entry(10, 5, DISCARD, 0), entry(11, 1, 2, 2)].concat();
        let span = Span { start: 10 * 512, length: 2 * 512 };
        assert!(WriteLog::parse(log[..log.len() - 1].to_vec()).is_err());
        assert!(WriteLog::parse(b"something else".to_vec()).is_err());
        assert_eq!(sectors(WriteLog::parse(log).unwrap().within(span)), [(10, 1), (11, 1), (11, 2)]);
        assert_eq!(sectors(WriteLog::parse(head()).unwrap().within(span)), []);
    }

    #[test]
    fn what_is_before_the_last_flush_is_certain_and_what_is_after_it_is_not() {
        let before = [head(), entry(1, 1, 0, 1)].concat();
        let flushed = [before.clone(), entry(0, 0, FLUSH, 0)].concat();
        let log = [flushed.clone(), entry(2, 2, 0, 2), entry(0, 0, FLUSH, 0)].concat();
        let log = WriteLog::parse(log).unwrap();
        let (flush, later) = (before.len() as u64, flushed.len() as u64);
        // A flush that has not happened makes nothing certain.
        assert_eq!([log.flushed(flush), log.flushed(flush + 1), log.flushed(later + 1)], [0, flush, flush]);
        assert_eq!(sectors(log.between(0..flush)), [(1, 1)]);
        assert_eq!(sectors(log.between(flush..later + 1)), [(2, 2), (3, 2)]);
        assert_eq!(log.flushed(u64::MAX), later + 3 * 512);
        assert_eq!(log.instants(flush..later + 1), [flush + 512]);
    }
}
