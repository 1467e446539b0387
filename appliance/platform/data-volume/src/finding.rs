//! Finding the partitions that may hold the data volume, by what they are called and not by where they are.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{VolumeError, file};

/// The GPT name of the partition.
pub const PARTITION: &str = "coffer-data";

const BLOCK_DEVICES: &str = "/sys/class/block";
/// The kernel's unit, whatever the disk's sectors.
const UNIT: u64 = 512;

/// A partition with the name, and what a person may tell its disk by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub device: PathBuf,
    /// The kernel's name of its disk.
    pub disk: String,
    pub model: Option<String>,
    pub serial: Option<String>,
    /// Of the partition, in bytes.
    pub size: u64,
}

/// All of them, in the order of their names. None yet, one, several: what that means is the caller's to say.
pub fn candidates() -> Result<Vec<Candidate>, VolumeError> {
    let folder = Path::new(BLOCK_DEVICES);
    listed(folder).map_err(file("listing", folder))
}

fn listed(folder: &Path) -> io::Result<Vec<Candidate>> {
    let wanted = format!("PARTNAME={PARTITION}");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // A disk may vanish between the listing and the reading.
        let Ok(uevent) = fs::read_to_string(path.join("uevent")) else { continue };
        if uevent.lines().any(|line| line == wanted) {
            found.extend(candidate(&path));
        }
    }
    found.sort_by(|a, b| a.device.cmp(&b.device));
    Ok(found)
}

fn candidate(path: &Path) -> Option<Candidate> {
    // The folder of a partition is in its disk's.
    let folder = path.canonicalize().ok()?;
    let disk = folder.parent()?;
    let text = |path: PathBuf| {
        let text = fs::read_to_string(path).ok()?.trim().to_string();
        (!text.is_empty()).then_some(text)
    };
    Some(Candidate {
        device: Path::new("/dev").join(path.file_name()?),
        disk: disk.file_name()?.to_string_lossy().into_owned(),
        model: text(disk.join("device/model")),
        // virtio has it in the disk's own folder, NVMe in the device's.
        serial: text(disk.join("serial")).or_else(|| text(disk.join("device/serial"))),
        size: text(folder.join("size"))?.parse::<u64>().ok()? * UNIT,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn partitions_of_the_name_come_with_their_disks() {
        let root = tempfile::tempdir().unwrap();
        let class = root.path().join("class");
        fs::create_dir(&class).unwrap();
        let add = |disk: &str, name: &str, partition: &str| {
            let folder = root.path().join("devices").join(disk).join(name);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("uevent"), format!("DEVNAME={name}\nPARTNAME={partition}\n")).unwrap();
            fs::write(folder.join("size"), "131072\n").unwrap();
            symlink(&folder, class.join(name)).unwrap();
            folder
        };
        add("vdb", "vdb2", PARTITION);
        add("vda", "vda2", "coffer-data-2");
        let nvme = add("nvme0n1", "nvme0n1p2", PARTITION);
        let disk = nvme.parent().unwrap();
        fs::create_dir(disk.join("device")).unwrap();
        fs::write(disk.join("device/model"), "Fast 9000   \n").unwrap();
        fs::write(disk.join("device/serial"), "S1\n").unwrap();
        let found = listed(&class).unwrap();
        let plain = Candidate {
            device: "/dev/vdb2".into(),
            disk: "vdb".into(),
            model: None,
            serial: None,
            size: LEAST_IN_TEST,
        };
        let named = Candidate {
            device: "/dev/nvme0n1p2".into(),
            disk: "nvme0n1".into(),
            model: Some("Fast 9000".into()),
            serial: Some("S1".into()),
            ..plain.clone()
        };
        assert_eq!(found, [named, plain]);
    }

    const LEAST_IN_TEST: u64 = 64 << 20;
}
