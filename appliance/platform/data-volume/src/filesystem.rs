//! The file system on the open volume: made, checked, mounted.

use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount as mount_at};

use crate::ends;
use crate::error::VolumeError;
use crate::format::{BLOCK, filesystem_blocks};
use crate::helper;
use crate::ways::MAPPED;

const MAKER: &str = "/sbin/mke2fs";
const CHECKER: &str = "/sbin/e2fsck";

/// A large disk is told to forget its blocks first.
const MAKING: Duration = Duration::from_secs(20 * 60);
/// A full check of a large disk that turns takes the better part of an hour.
const CHECKING: Duration = Duration::from_secs(4 * 60 * 60);

/// What e2fsck says when it is the disk that fails: then it must not be told to write over what it cannot read.
const DISK_FAILS: [&str; 3] = ["Error reading block", "Error writing block", "Input/output error"];

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Also after a power cut: its journal was written to its place.
    Clean,
    Repaired,
    /// It cannot be made whole.
    Damaged {
        said: String,
    },
}

/// Checks the file system before it is mounted, and repairs it: what is safe to repair first, then whatever it takes.
pub fn check(device: &Path, meanwhile: &mut dyn FnMut()) -> Result<Checked, VolumeError> {
    let path = device.to_string_lossy();
    let preened = helper::run(CHECKER, &["-p", &path], CHECKING, meanwhile)?;
    if let Some(found) = found(preened.status.code()) {
        return Ok(found);
    }
    if DISK_FAILS.iter().any(|words| preened.said.contains(words)) {
        let source = std::io::Error::from_raw_os_error(Errno::EIO as i32);
        return Err(VolumeError::Io { device: device.into(), action: "checking the file system on", source });
    }
    let repaired = helper::run(CHECKER, &["-y", &path], CHECKING, meanwhile)?;
    Ok(found(repaired.status.code()).unwrap_or(Checked::Damaged { said: last_line(&repaired.said) }))
}

/// Mounts it; nothing on it is a program or a device.
pub fn mount(device: &Path, folder: &Path) -> Result<(), VolumeError> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC | MsFlags::MS_NOATIME;
    mount_at(Some(device), folder, Some("ext4"), flags, Some("errors=remount-ro"))
        .map_err(|source| VolumeError::Mount { device: device.into(), source })
}

/// Makes an empty one, which leaves the end of the device to the tail mark. No block is kept for root: what a service, which is
/// not root, gives back of its own reserve on a full volume must be its own to use.
pub(crate) fn make(device: &Path, meanwhile: &mut dyn FnMut()) -> Result<(), VolumeError> {
    let (block, blocks) = (BLOCK.to_string(), filesystem_blocks(ends::size(device)?).to_string());
    let path = device.to_string_lossy();
    let kinds = ["-q", "-t", "ext4", "-b", &block, "-m", "0", "-E", "lazy_itable_init=1", "-L", MAPPED];
    let arguments = [&kinds[..], &[&path, &blocks]].concat();
    let made = helper::run(MAKER, &arguments, MAKING, meanwhile)?;
    match made.status.success() {
        true => Ok(()),
        false => Err(VolumeError::Helper { program: "mke2fs", status: made.status, said: last_line(&made.said) }),
    }
}

/// By e2fsck's exit status: 1 is "errors corrected", 2 adds "the system should be rebooted", which is for a mounted root.
fn found(status: Option<i32>) -> Option<Checked> {
    match status {
        Some(0) => Some(Checked::Clean),
        Some(1..=3) => Some(Checked::Repaired),
        _ => None,
    }
}

fn last_line(said: &str) -> String {
    said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("nothing").trim().to_string()
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};
    use std::os::unix::fs::FileExt;

    use super::*;

    /// Of several groups, so that it has copies of its superblock.
    fn made(folder: &Path) -> std::path::PathBuf {
        let path = folder.join("file-system");
        File::create(&path).unwrap().set_len(320 << 20).unwrap();
        make(&path, &mut || ()).unwrap();
        path
    }

    fn overwrite(path: &Path, at: u64, length: usize) {
        let file = OpenOptions::new().write(true).open(path).unwrap();
        file.write_all_at(&vec![0x5a; length], at).unwrap();
    }

    #[test]
    fn a_new_one_is_clean_and_leaves_the_end_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = made(folder.path());
        overwrite(&path, (320 << 20) - (1 << 20), 1 << 20);
        assert_eq!(check(&path, &mut || ()).unwrap(), Checked::Clean);
    }

    #[test]
    fn one_without_its_superblock_is_repaired_and_then_clean() {
        let folder = tempfile::tempdir().unwrap();
        let path = made(folder.path());
        overwrite(&path, 0, 8192);
        assert_eq!(check(&path, &mut || ()).unwrap(), Checked::Repaired);
        assert_eq!(check(&path, &mut || ()).unwrap(), Checked::Clean);
    }

    #[test]
    fn one_of_which_nothing_is_left_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = made(folder.path());
        overwrite(&path, 0, 300 << 20);
        assert!(matches!(check(&path, &mut || ()).unwrap(), Checked::Damaged { .. }));
    }
}
