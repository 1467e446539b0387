//! Disk that is kept for lines that must be written when the disk is full: of what frees room, ends something, or starts a
//! service.

use std::path::{Path, PathBuf};

use rustix::fs::statvfs;

/// The work of others stops while less than this is free.
const FREE_MIN: u64 = 16 << 20;
/// What is kept besides.
const RESERVE_BYTES: usize = 1 << 20;
/// It is kept anew once so much is free.
const FREE_AGAIN: u64 = 64 << 20;

pub(crate) struct Reserve {
    folder: PathBuf,
    file: PathBuf,
}

impl Reserve {
    pub(crate) fn new(folder: &Path) -> Reserve {
        Reserve { folder: folder.into(), file: folder.join("reserve") }
    }

    /// Whether work may go on; why not, in words.
    pub(crate) fn allows_work(&self) -> Result<(), String> {
        let free = self.free();
        if free >= FREE_MIN {
            return Ok(());
        }
        Err(format!("the box's disk is full ({free} bytes are free): delete some jobs"))
    }

    /// Gives what was kept back to the disk.
    pub(crate) fn release(&self) {
        // Gone already is as good.
        let _ = durable_files::remove(&self.file);
    }

    pub(crate) fn renew(&self) {
        if !self.file.exists() && self.free() >= FREE_AGAIN {
            // It is tried again later.
            let _ = durable_files::replace(&self.file, &vec![0; RESERVE_BYTES]);
        }
    }

    /// Unknown is not full: a write that fails is reported as such.
    fn free(&self) -> u64 {
        statvfs(&self.folder).map_or(u64::MAX, |s| s.f_bavail * s.f_frsize)
    }
}
