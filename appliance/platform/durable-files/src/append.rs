//! A file that only grows, by pieces that are whole or absent.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use crate::sync_folder;

pub struct AppendFile {
    file: File,
    /// Bytes that are known to be whole.
    length: u64,
}

impl AppendFile {
    /// Opens or makes it, and cuts it to `length`: what follows was never acknowledged.
    pub fn open(path: &Path, length: u64) -> io::Result<AppendFile> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        if file.metadata()?.len() < length {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it is shorter than what is known of it"));
        }
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
        file.sync_all()?;
        sync_folder(path)?;
        Ok(AppendFile { file, length })
    }

    /// On the disk when this returns. After an error nothing of it is there.
    pub fn append(&mut self, piece: &[u8]) -> io::Result<()> {
        let written = self.file.write_all(piece).and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => self.length += piece.len() as u64,
            // Half a piece must not stay in front of the next one; if even this fails, the next one finds out.
            Err(_) => drop(self.file.set_len(self.length).and_then(|()| self.file.seek(SeekFrom::Start(self.length)))),
        }
        written
    }

    pub fn length(&self) -> u64 {
        self.length
    }
}
