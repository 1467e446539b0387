//! Making a volume, and unmaking it.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::mount::{MntFlags, umount2};
use secrets::Secret;
use serde_json::Value;

use crate::ends;
use crate::error::{VolumeError, disk, file};
use crate::format::{HEADER, LEAST, TAIL_ROOM, tail_mark};
use crate::volume::{Contents, mapped, read};
use crate::ways::Tried;
use crate::{filesystem, header, placing, recovery_key};

/// The first keys of a volume.
pub struct First<'a> {
    pub tpm: &'a Secret,
    /// As a person is shown it ([`crate::printed`]).
    pub recovery: &'a Secret,
    /// The TPM's key, sealed: what [`crate::Volume::sealed`] will give.
    pub sealed: &'a Value,
}

/// Makes a volume on a blank or an unfinished partition, which it stays to a power cut until the last moment. What holds anything
/// else is erased first, by whoever was asked. `work` comes to be a folder, in memory, with room for 17 MiB. The volume is closed
/// afterwards.
pub fn create(device: &Path, first: &First<'_>, work: &Path, meanwhile: &mut dyn FnMut()) -> Result<(), VolumeError> {
    let size = ends::size(device)?;
    if size < LEAST {
        return Err(VolumeError::TooSmall { device: device.into(), size, least: LEAST });
    }
    if !matches!(read(device, meanwhile)?, Contents::Blank | Contents::Unfinished) {
        return Err(VolumeError::Occupied { device: device.into() });
    }
    fs::create_dir_all(work).map_err(file("making", work))?;
    let header_file = work.join("header");
    let made = make(device, size, first, &header_file, work, meanwhile);
    let removed = fs::remove_file(&header_file).map_err(file("removing", &header_file));
    made.and(removed)
}

/// Makes a partition blank that held a volume or anything else. A power cut leaves it as it was, unfinished, or blank.
pub fn erase(device: &Path) -> Result<(), VolumeError> {
    let size = ends::size(device)?;
    if size < HEADER + TAIL_ROOM {
        return Err(VolumeError::TooSmall { device: device.into(), size, least: LEAST });
    }
    placing::run(&placing::header_goes(size), device)
}

fn make(
    device: &Path,
    size: u64,
    first: &First<'_>,
    header_file: &Path,
    work: &Path,
    meanwhile: &mut dyn FnMut(),
) -> Result<(), VolumeError> {
    let uuid = make_header(header_file, device, first)?;
    let mut crypt = header::load_apart(header_file, device)?;
    let opened = header::try_key(&mut crypt, device, header::TPM_SLOTS[0], first.tpm, true)?;
    if opened != Tried::Opens {
        return Err(VolumeError::Content { path: header_file.into(), what: "its key does not open it" });
    }
    let filled = fill(first.recovery, work, meanwhile);
    header::unmap(&mut crypt, device).and(filled)?;
    // What was written through the mapping is on the disk before the header is.
    File::open(device).and_then(|device| device.sync_all()).map_err(disk("writing to", device))?;
    let header = fs::read(header_file).map_err(file("reading", header_file))?;
    placing::run(&placing::header_comes(&header, tail_mark(&uuid), size), device)
}

/// A header with both keys, in a file that is as long as its room on the disk. Gives its UUID.
pub(crate) fn make_header(header_file: &Path, device: &Path, first: &First<'_>) -> Result<String, VolumeError> {
    let created = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(header_file);
    created.and_then(|made| made.set_len(HEADER)).map_err(file("making", header_file))?;
    let mut crypt = header::make(header_file, device)?;
    header::add_first_keys(&mut crypt, device, first.tpm, first.recovery, first.sealed)?;
    header::uuid(&mut crypt, device)
}

/// A file system on the open volume, which holds the recovery key to be shown.
fn fill(recovery: &Secret, work: &Path, meanwhile: &mut dyn FnMut()) -> Result<(), VolumeError> {
    filesystem::make(&mapped(), meanwhile)?;
    let folder = work.join("new");
    fs::create_dir_all(&folder).map_err(file("making", &folder))?;
    filesystem::mount(&mapped(), &folder)?;
    let kept = recovery_key::keep(&folder, recovery);
    let unmounted = umount2(&folder, MntFlags::empty()).map_err(|e| file("unmounting", &folder)(e.into()));
    kept.and(unmounted)
}
