//! Volumes on plain files, for the tests: libcryptsetup makes and opens headers there without the kernel's help.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use secrets::Secret;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::create::{First, make_header};
use crate::format::{LEAST, tail_mark};
use crate::placing::{self, Step};
use crate::volume::{Contents, Volume, read};

pub(crate) const TPM: &[u8] = b"32 bytes which a TPM has sealed.";
pub(crate) const RECOVERY: &[u8] = b"0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ";

/// A file for a partition, and one for a header in memory.
pub(crate) struct Disk {
    folder: TempDir,
}

impl Disk {
    pub(crate) fn blank(size: u64) -> Disk {
        let disk = Disk { folder: TempDir::new().unwrap() };
        File::create(disk.path()).unwrap().set_len(size).unwrap();
        disk
    }

    pub(crate) fn with_a_volume() -> Disk {
        let disk = Disk::blank(LEAST);
        placing::run(&disk.steps(), &disk.path()).unwrap();
        disk
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("partition")
    }

    /// The writes that make a volume of it.
    pub(crate) fn steps(&self) -> [Step; 3] {
        let file = self.folder.path().join("header");
        let first = First { tpm: &secret(TPM), recovery: &secret(RECOVERY), sealed: &sealed(1) };
        let uuid = make_header(&file, &self.path(), &first).unwrap();
        let size = fs::metadata(self.path()).unwrap().len();
        placing::header_comes(&fs::read(&file).unwrap(), tail_mark(&uuid), size)
    }

    pub(crate) fn read(&self) -> Contents {
        read(&self.path(), &mut || ()).unwrap()
    }

    pub(crate) fn volume(&self) -> Volume {
        match self.read() {
            Contents::Volume(volume) => volume,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn write(&self, at: u64, bytes: &[u8]) {
        write(&self.path(), at, bytes);
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }
}

pub(crate) fn write(path: &Path, at: u64, bytes: &[u8]) {
    OpenOptions::new().write(true).open(path).unwrap().write_all_at(bytes, at).unwrap();
}

pub(crate) fn secret(bytes: &[u8]) -> Secret {
    Secret::copy_of(bytes)
}

/// What stands for a key that a TPM has sealed.
pub(crate) fn sealed(number: u32) -> Value {
    json!({ "private": number })
}
