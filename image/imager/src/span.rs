//! Stretches of a disk: where one is, and one as if it were a file of its own.

use std::io::{self, Read, Seek, SeekFrom, Write};

/// Where a partition is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: u64,
    pub length: u64,
}

/// A stretch of a file or device, as if it were one of its own.
#[derive(Debug)]
pub struct Window<F> {
    inner: F,
    start: u64,
    length: u64,
    at: u64,
}

impl<F: Read + Write + Seek> Window<F> {
    pub fn new(inner: F, start: u64, length: u64) -> Window<F> {
        Window { inner, start, length, at: 0 }
    }

    /// How many of `wanted` bytes there are from here on, with the file positioned.
    fn ready(&mut self, wanted: usize) -> io::Result<usize> {
        self.inner.seek(SeekFrom::Start(self.start + self.at))?;
        Ok(wanted.min(self.length.saturating_sub(self.at) as usize))
    }
}

impl<F: Read + Write + Seek> Read for Window<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.ready(buffer.len())?;
        let done = self.inner.read(&mut buffer[..count])?;
        self.at += done as u64;
        Ok(done)
    }
}

impl<F: Read + Write + Seek> Write for Window<F> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.ready(buffer.len())?;
        let done = self.inner.write(&buffer[..count])?;
        self.at += done as u64;
        Ok(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<F: Read + Write + Seek> Seek for Window<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = to.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
