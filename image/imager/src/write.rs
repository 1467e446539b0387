//! Puts an image on a real disk. Refuses what would lose data.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::disk::{self, SECTORS};
use crate::error::ImagerError;
use crate::sectors::enlarge;

const DATA_LABEL: &str = "coffer-data";
const CHUNK: usize = 4 << 20;

/// Writes `image` to `device` (a whole disk), and makes the data partition as large as the disk allows.
pub fn write(image: &Path, device: &Path, erase: bool, progress: &mut dyn FnMut(u64, u64)) -> Result<(), ImagerError> {
    let kind = fs::metadata(device).map_err(ImagerError::file("look at", device))?.file_type();
    let refuse = |reason: String| ImagerError::Refused { device: device.into(), reason };
    if !kind.is_block_device() {
        return Err(refuse("it is not a disk".into()));
    }
    if let Some(place) = mounted(device)? {
        return Err(refuse(format!("it is in use, {place}")));
    }
    if !erase && disk::find(device, DATA_LABEL).is_ok_and(|found| found.is_some()) {
        return Err(refuse(format!("it holds a data volume ({DATA_LABEL}); --erase gives it up")));
    }
    let mut target =
        OpenOptions::new().read(true).write(true).open(device).map_err(ImagerError::file("open", device))?;
    let size = target.seek(SeekFrom::End(0)).map_err(ImagerError::file("size", device))?;
    let fitting = fitting(image, sector_of(device)?)?;
    let image = fitting.as_ref().map_or(image, NamedTempFile::path);
    let needed = fs::metadata(image).map_err(ImagerError::file("look at", image))?.len();
    if size < needed {
        return Err(refuse(format!("it has {size} bytes and the image {needed}")));
    }
    copy(image, &mut target, device, needed, progress)?;
    disk::fill(&target, size)?;
    target.sync_all().map_err(ImagerError::file("finish writing", device))
}

/// The image for a disk with larger sectors, if it is for smaller ones.
fn fitting(image: &Path, sector: u64) -> Result<Option<NamedTempFile>, ImagerError> {
    let file = File::open(image).map_err(ImagerError::file("open", image))?;
    if disk::sector(&file)? == sector {
        return Ok(None);
    }
    let larger = NamedTempFile::new().map_err(ImagerError::file("make", "an image with larger sectors"))?;
    enlarge(image, larger.path())?;
    Ok(Some(larger))
}

/// Of a whole disk's logical sectors.
fn sector_of(device: &Path) -> Result<u64, ImagerError> {
    let number = fs::metadata(device).map_err(ImagerError::file("look at", device))?.rdev();
    let path = folder_of(number).join("queue/logical_block_size");
    let text = fs::read_to_string(&path).map_err(ImagerError::file("read", &path))?;
    let sector = text.trim().parse().ok().filter(|sector| SECTORS.contains(sector));
    let reason = format!("its sectors have {} bytes", text.trim());
    sector.ok_or_else(|| ImagerError::Refused { device: device.into(), reason })
}

/// Every byte is written, zeros too: what was on the disk before must not show through.
fn copy(
    image: &Path,
    target: &mut File,
    device: &Path,
    size: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), ImagerError> {
    let mut source = File::open(image).map_err(ImagerError::file("open", image))?;
    target.seek(SeekFrom::Start(0)).map_err(ImagerError::file("write", device))?;
    let mut buffer = vec![0; CHUNK];
    let mut done = 0;
    loop {
        let count = source.read(&mut buffer).map_err(ImagerError::file("read", image))?;
        if count == 0 {
            return Ok(());
        }
        target.write_all(&buffer[..count]).map_err(ImagerError::file("write", device))?;
        done += count as u64;
        progress(done, size);
    }
}

/// How the disk or a part of it is in use, by what the kernel says: mounted, swapped to, or held by another device (LUKS, RAID).
fn mounted(device: &Path) -> Result<Option<String>, ImagerError> {
    let parts = parts_of(device)?;
    for (list, how) in [("/proc/self/mounts", "mounted"), ("/proc/swaps", "swapped to")] {
        let text = fs::read_to_string(list).map_err(ImagerError::file("read", list))?;
        for name in text.lines().filter_map(|line| line.split(' ').next()).filter(|name| name.starts_with("/dev/")) {
            let number = fs::metadata(name).map(|m| m.rdev()).unwrap_or(0);
            if parts.iter().any(|p| p.number == number) {
                return Ok(Some(format!("{name} is {how}")));
            }
        }
    }
    for part in &parts {
        let holders = fs::read_dir(part.folder.join("holders")).into_iter().flatten().flatten();
        if let Some(holder) = holders.map(|h| h.file_name().to_string_lossy().into_owned()).next() {
            return Ok(Some(format!("{holder} is made of it")));
        }
    }
    Ok(None)
}

/// A disk or partition: its device number and its folder in /sys.
struct Part {
    number: u64,
    folder: PathBuf,
}

fn parts_of(device: &Path) -> Result<Vec<Part>, ImagerError> {
    let number = fs::metadata(device).map_err(ImagerError::file("look at", device))?.rdev();
    let folder = folder_of(number);
    let listing = fs::read_dir(&folder).map_err(ImagerError::file("read", &folder))?;
    let mut parts = vec![Part { number, folder: folder.clone() }];
    for entry in listing.flatten().filter(|e| e.path().join("partition").exists()) {
        let text = fs::read_to_string(entry.path().join("dev")).unwrap_or_default();
        if let Some((Ok(major), Ok(minor))) = text.trim().split_once(':').map(|(a, b)| (a.parse(), b.parse())) {
            parts.push(Part { number: device_number(major, minor), folder: entry.path() });
        }
    }
    Ok(parts)
}

fn folder_of(number: u64) -> PathBuf {
    PathBuf::from(format!("/sys/dev/block/{}:{}", major(number), minor(number)))
}

// The kernel's layout of a 64-bit dev_t, as in glibc's sys/sysmacros.h.
fn major(number: u64) -> u64 {
    (number >> 8) & 0xfff | (number >> 32) & !0xfff
}

fn minor(number: u64) -> u64 {
    number & 0xff | (number >> 12) & !0xff
}

fn device_number(major: u64, minor: u64) -> u64 {
    (major & 0xfff) << 8 | (major & !0xfff) << 32 | minor & 0xff | (minor & !0xff) << 12
}
