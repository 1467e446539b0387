//! The same image for disks with larger sectors. A partition table counts in the disk's own sectors, and firmware reads no FAT
//! whose sectors are smaller than the disk's: so an image is for disks of one kind, and this makes one for the other.

use std::path::Path;

use crate::disk::{self, create, layout};
use crate::error::ImagerError;
use crate::esp::NewFile;

/// FAT32 has 65525 clusters at least, each of a sector at least.
const ESP_MEBIBYTES: u64 = 288;

/// Makes the image `to` for sectors of 4096 bytes out of the image `from`, which is for 512.
pub fn enlarge(from: &Path, to: &Path) -> Result<(), ImagerError> {
    let (mut layout, guids) = layout(from)?;
    layout.esp.mebibytes = layout.esp.mebibytes.max(ESP_MEBIBYTES);
    let esp = disk::open_esp(from)?;
    let mut files = Vec::new();
    for path in esp.files()? {
        let bytes = esp.read(&path)?;
        files.push((path, bytes));
    }
    let files: Vec<NewFile> = files.iter().map(|(path, bytes)| NewFile { path, bytes }).collect();
    create(to, &layout, guids, 4096, &files)
}
