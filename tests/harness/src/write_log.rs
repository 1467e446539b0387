//! What a box wrote to its disk, in order, and the states that a power cut could have left.
//!
//! Killing the emulator is no power cut: the host keeps what was written. So QEMU's `blklogwrites` records every write, in the
//! format of Linux's dm-log-writes (Documentation/admin-guide/device-mapper/log-writes.rst), and a cut is the disk as it was
//! before, with the first writes of the record alone. A disk writes a sector whole or not at all: each counts by itself.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use imager::span::Span;

use crate::HarnessError;

const SECTOR: usize = 512;
const MAGIC: u64 = 0x006a_7366_7773_6872;
/// The flag of an entry that has no data.
const DISCARD: u64 = 4;

/// A sector that was written.
#[derive(Debug, PartialEq, Eq)]
pub struct SectorWrite {
    /// In bytes from the start of the disk.
    pub offset: u64,
    pub data: [u8; SECTOR],
}

/// The sectors within a part of the disk, in the order in which they were written.
pub fn read(log: &Path, within: Span) -> Result<Vec<SectorWrite>, HarnessError> {
    let bytes = fs::read(log).map_err(HarnessError::file("read", log))?;
    parse(&bytes, within).map_err(|problem| HarnessError::Box { problem: format!("its write log: {problem}") })
}

/// Writes a sector to a copy of the disk.
pub fn apply(write: &SectorWrite, disk: &Path) -> Result<(), HarnessError> {
    let file = fs::OpenOptions::new().write(true).open(disk).map_err(HarnessError::file("open", disk))?;
    file.write_all_at(&write.data, write.offset).map_err(HarnessError::file("write", disk))
}

/// The count in the log's head is brought up to date at times alone: the entries end where the file ends, or is empty.
fn parse(log: &[u8], within: Span) -> Result<Vec<SectorWrite>, &'static str> {
    let number = |at: usize| log.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
    if number(0) != Some(MAGIC) || log.get(24..28) != Some(&(SECTOR as u32).to_le_bytes()) {
        return Err("no log of writes, or of sectors of another size");
    }
    let (mut found, mut at) = (Vec::new(), SECTOR);
    while let (Some(sector), Some(count), Some(flags)) = (number(at), number(at + 8), number(at + 16)) {
        if count == 0 && flags == 0 {
            break;
        }
        at += SECTOR;
        if flags & DISCARD != 0 {
            continue;
        }
        for offset in (sector..sector.checked_add(count).ok_or("an entry beyond any disk")?).map(|s| s * SECTOR as u64)
        {
            let data =
                log.get(at..at + SECTOR).and_then(|data| data.try_into().ok()).ok_or("it ends within an entry")?;
            if offset >= within.start && offset < within.start + within.length {
                found.push(SectorWrite { offset, data });
            }
            at += SECTOR;
        }
    }
    Ok(found)
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

    #[test]
    fn sectors_of_the_span_come_in_the_order_of_their_writes() {
        let log = [head(), entry(9, 3, 0, 1), entry(0, 0, 1, 0), entry(10, 5, DISCARD, 0), entry(11, 1, 2, 2)].concat();
        let span = Span { start: 10 * 512, length: 2 * 512 };
        let found = parse(&log, span).unwrap();
        let seen: Vec<(u64, u8)> = found.iter().map(|write| (write.offset / 512, write.data[0])).collect();
        assert_eq!(seen, [(10, 1), (11, 1), (11, 2)]);
        assert!(parse(&log[..log.len() - 1], span).is_err());
        assert!(parse(b"something else", span).is_err());
        assert_eq!(parse(&head(), span).unwrap(), []);
    }
}
