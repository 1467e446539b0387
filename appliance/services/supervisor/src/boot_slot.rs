//! The images in the EFI system partition, and what systemd-boot is told by their names.

use std::fs;
use std::path::{Path, PathBuf};

use boot_slots::{FOLDER, Others, SlotPath, mark};
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::blockdev;
use crate::error::{SupervisorError, file};

const PARTITION: &str = "coffer-esp";
const MOUNTED: &str = "/run/esp";
/// systemd-boot's variables (systemd.io/BOOT_LOADER_INTERFACE): the file whose counter it counted down, and the entry that it chose.
const BOOT_COUNT_PATH: &str = "/sys/firmware/efi/efivars/LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
const ENTRY_SELECTED: &str = "/sys/firmware/efi/efivars/LoaderEntrySelected-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

/// The image that runs, under the name that it had when it was started. `None`: no systemd-boot started it.
pub(crate) fn running() -> Result<Option<SlotPath>, SupervisorError> {
    if let Ok(variable) = fs::read(BOOT_COUNT_PATH) {
        return known(BOOT_COUNT_PATH, SlotPath::from_variable(&variable)).map(Some);
    }
    match fs::read(ENTRY_SELECTED) {
        Ok(variable) => known(ENTRY_SELECTED, SlotPath::from_entry(&variable)).map(Some),
        Err(_) => Ok(None),
    }
}

fn known(path: &str, slot: Option<SlotPath>) -> Result<SlotPath, SupervisorError> {
    slot.ok_or_else(|| SupervisorError::Content { path: path.into(), what: "it names no image".into() })
}

/// The partition, as long as it is open: mounted, and unmounted again. What the disk takes too long for is waited for with `meanwhile`.
pub(crate) struct Partition {
    root: PathBuf,
}

impl Partition {
    pub(crate) fn open(meanwhile: &mut dyn FnMut()) -> Result<Partition, SupervisorError> {
        let device = blockdev::by_partition_name(PARTITION, meanwhile)?;
        fs::create_dir_all(MOUNTED).map_err(file("making", MOUNTED))?;
        let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
        mount(Some(&device), MOUNTED, Some("vfat"), flags, Some("umask=0077")).map_err(failed)?;
        Ok(Partition { root: Path::new(MOUNTED).into() })
    }

    pub(crate) fn others(&self, running: &SlotPath) -> Result<Others, SupervisorError> {
        let folder = self.root.join(FOLDER);
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(file("listing", &folder))? {
            let name = entry.map_err(file("listing", &folder))?.file_name();
            names.extend(name.into_string().ok());
        }
        Ok(Others::of(names.iter().map(String::as_str), running))
    }

    /// Gives the image another name of its own.
    pub(crate) fn mark(&self, counted: &SlotPath, marked: &SlotPath) -> Result<(), SupervisorError> {
        mark(&self.root, counted, marked).map_err(file("marking", counted.path()))
    }

    /// What was marked is durable without it; what is said of an error is that of the disk.
    pub(crate) fn close(self) -> Result<(), SupervisorError> {
        umount2(MOUNTED, MntFlags::empty()).map_err(failed)
    }
}

fn failed(source: nix::errno::Errno) -> SupervisorError {
    SupervisorError::Mount { target: MOUNTED.into(), source }
}
