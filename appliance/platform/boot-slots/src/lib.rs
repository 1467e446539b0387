//! The images in the EFI system partition. systemd's Automatic Boot Assessment: "NAME+LEFT-DONE.efi" counts an image's tries in its
//! name; one without a counter is good.
//!
//! A name has at most [`NAME_MAX`] characters, counter and all: it then takes two entries of its folder, and so do its later names.
//! As long as a folder holds a few images and nothing else, all of them are in the first sector, which is written whole or not at
//! all, so that no power cut takes the old name and leaves the new one out.
#![forbid(unsafe_code)]

mod slots;
mod trial;

pub use slots::Others;
pub use trial::{Lack, Terms, Trial, Verdict};

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
        let path = text(variable)?.replace('\\', "/");
        let path = path.trim_start_matches('/').to_string();
        let honest = path.ends_with(".efi") && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        honest.then_some(SlotPath(path))
    }

    /// From its variable LoaderEntrySelected, of an image whose name has no counter: four bytes of attributes, then UTF-16: "a.efi".
    pub fn from_entry(variable: &[u8]) -> Option<SlotPath> {
        SlotPath::named(&text(variable)?)
    }

    /// Of a file in [`FOLDER`]. `None`: it is no image.
    pub fn named(file: &str) -> Option<SlotPath> {
        let plain = !file.contains(['/', '\\']) && file.len() > ".efi".len() && file.ends_with(".efi");
        plain.then(|| SlotPath(format!("{FOLDER}/{file}")))
    }

    pub fn standing(&self) -> Standing {
        match self.counter() {
            None => Standing::Good,
            Some((_, 0, _)) => Standing::Bad,
            Some((_, left, _)) => Standing::Tried { left },
        }
    }

    /// The path without ending and counter: it stays the same as long as the image is there.
    pub fn slot(&self) -> &str {
        let stem = self.0.strip_suffix(".efi").unwrap_or(&self.0);
        self.counter().map_or(stem, |(slot, ..)| slot)
    }

    /// The name without "+LEFT" or "+LEFT-DONE"; `None`: it has no counter.
    pub fn good(&self) -> Option<SlotPath> {
        self.counter().map(|(slot, ..)| SlotPath(format!("{slot}.efi")))
    }

    /// The name of one that has no tries left; `None`: it has no counter, for it was good once.
    pub fn bad(&self) -> Option<SlotPath> {
        // The counter of a loader that tried it never is as long as one that tried it often: the name stays within its entries.
        self.counter().map(|(slot, _, done)| SlotPath(format!("{slot}+0-{}.efi", done.clamp(1, 9))))
    }

    /// From the partition's root.
    pub fn path(&self) -> &str {
        &self.0
    }

    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The path without the counter, the tries that are left, and those that were made.
    fn counter(&self) -> Option<(&str, u32, u32)> {
        let (slot, counter) = self.0.strip_suffix(".efi")?.rsplit_once('+')?;
        let (left, done) = counter.split_once('-').unwrap_or((counter, "0"));
        // `parse` takes a sign, too.
        let number = |n: &str| n.bytes().all(|b| b.is_ascii_digit()).then(|| n.parse().ok()).flatten();
        Some((slot, number(left)?, number(done)?))
    }
}

fn text(variable: &[u8]) -> Option<String> {
    let units: Vec<u16> = variable.get(4..)?.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
    Some(String::from_utf16(&units).ok()?.trim_end_matches('\0').to_string())
}

/// What systemd-boot makes of an image by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It worked once; it is started for ever after.
    Good,
    /// So many tries are left before it is bad.
    Tried { left: u32 },
    /// It is started where there is no other one.
    Bad,
}

/// Gives the image a name of another standing ([`SlotPath::good`], [`SlotPath::bad`]), durably. `root`: where the partition is mounted.
pub fn mark(root: &Path, counted: &SlotPath, marked: &SlotPath) -> io::Result<()> {
    durable_files::rename(&root.join(counted.path()), &root.join(marked.path()))
}
