//! What can go wrong with the data volume, apart from what it may be found to be ([`crate::Contents`], [`crate::Tried`]).

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use libcryptsetup_rs::LibcryptErr;
use nix::errno::Errno;

#[derive(Debug, thiserror::Error)]
pub enum VolumeError {
    /// The disk does not do what it is told.
    #[error("{action} {}", device.display())]
    Io { device: PathBuf, action: &'static str, source: io::Error },
    /// Of a file that is not on the disk, or on the mounted volume.
    #[error("{action} {}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{}: {what}", path.display())]
    Content { path: PathBuf, what: &'static str },
    #[error("the data volume's header: {action}")]
    Header { action: &'static str, source: LibcryptErr },
    #[error("{} has {size} bytes, and a data volume takes {least}", device.display())]
    TooSmall { device: PathBuf, size: u64, least: u64 },
    #[error("{} is not blank: nothing was changed", device.display())]
    Occupied { device: PathBuf },
    #[error("mounting {}", device.display())]
    Mount { device: PathBuf, source: Errno },
    #[error("{program} ended with {status}: {said}")]
    Helper { program: &'static str, status: ExitStatus, said: String },
    #[error("{program} did not end within {} minutes", limit.as_secs() / 60)]
    Endless { program: &'static str, limit: Duration },
}

pub(crate) fn disk(action: &'static str, device: &Path) -> impl FnOnce(io::Error) -> VolumeError {
    let device = device.to_path_buf();
    move |source| VolumeError::Io { device, action, source }
}

pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> VolumeError {
    let path = path.to_path_buf();
    move |source| VolumeError::File { action, path, source }
}

/// For what libcryptsetup says: a disk that fails is told from a header that is wrong.
pub(crate) fn header(action: &'static str, device: &Path) -> impl FnOnce(LibcryptErr) -> VolumeError {
    let device = device.to_path_buf();
    move |source| match source {
        LibcryptErr::IOError(source) if source.raw_os_error() == Some(Errno::EIO as i32) => {
            VolumeError::Io { device, action, source }
        }
        source => VolumeError::Header { action, source },
    }
}
