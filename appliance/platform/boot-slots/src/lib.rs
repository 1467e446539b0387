//! The images in the EFI system partition. systemd's Automatic Boot Assessment: "NAME+LEFT-DONE.efi" counts an image's tries in its
//! name; one without a counter is good.
//!
//! A name has at most [`NAME_MAX`] characters, counter and all: it then takes two entries of its folder, and so do its later names.
//! As long as a folder holds a few images and nothing else, all of them are in the first sector, which is written whole or not at
//! all, so that no power cut takes the old name and leaves the new one out.
#![forbid(unsafe_code)]

use std::io;
use std::path::Path;

/// What one entry of a long name holds; the short one is the second.
pub const NAME_MAX: usize = 13;
/// Where the images are.
pub const FOLDER: &str = "EFI/Linux";
/// Times that an image is tried before it was ever good.
pub const TRIES: u32 = 3;

/// The path of an image in the partition: relative, and with no way up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotPath(String);

impl SlotPath {
    /// Of the image that a disk is made with.
    pub fn first() -> SlotPath {
        SlotPath(format!("{FOLDER}/a+{TRIES}.efi"))
    }

    /// A new image of this name ("a"), not tried yet. `None`: the name is too long, or has what a counter or FAT would read.
    pub fn untried(name: &str) -> Option<SlotPath> {
        let file = format!("{name}+{TRIES}.efi");
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        // The longest that the counter becomes is "+2-1", two more than at first.
        (plain && file.len() + 2 <= NAME_MAX).then(|| SlotPath(format!("{FOLDER}/{file}")))
    }

    /// From systemd-boot's variable LoaderBootCountPath: four bytes of attributes, then UTF-16: "\EFI\Linux\a+3.efi".
    pub fn from_variable(variable: &[u8]) -> Option<SlotPath> {
        let units: Vec<u16> = variable.get(4..)?.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
        let text = String::from_utf16(&units).ok()?;
        let path = text.trim_end_matches('\0').replace('\\', "/");
        let path = path.trim_start_matches('/').to_string();
        let honest = path.ends_with(".efi") && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        honest.then_some(SlotPath(path))
    }

    /// The name without "+LEFT" or "+LEFT-DONE"; `None`: it has no counter.
    pub fn good(&self) -> Option<SlotPath> {
        let stem = self.0.strip_suffix(".efi")?;
        let (name, counter) = stem.rsplit_once('+')?;
        let mut numbers = counter.splitn(2, '-');
        let is_number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
        numbers.all(is_number).then(|| SlotPath(format!("{name}.efi")))
    }

    /// From the partition's root.
    pub fn path(&self) -> &str {
        &self.0
    }

    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

/// Gives the image its good name, durably: systemd-boot tries it for ever after. `root`: where the partition is mounted.
pub fn mark_good(root: &Path, counted: &SlotPath, good: &SlotPath) -> io::Result<()> {
    durable_files::rename(&root.join(counted.path()), &root.join(good.path()))
}
