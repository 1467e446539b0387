//! Telling systemd-boot that this image works: its file loses the boot counter in its name.

use std::fs;
use std::path::Path;

use boot_slots::{SlotPath, mark_good};
use box_state::{Code, Event, Reason};
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::blockdev;
use crate::console::Console;
use crate::error::{SupervisorError, chain, file};

const PARTITION: &str = "coffer-esp";
const MOUNTED: &str = "/run/esp";
const BOOT_COUNT_PATH: &str = "/sys/firmware/efi/efivars/LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

/// A box that can't be blessed runs, but would fall back after some boots: that is a degraded box.
pub(crate) fn bless(console: &mut Console, feed: &mut dyn FnMut()) -> Option<Event> {
    match try_bless(feed) {
        Ok(good) => {
            if let Some(good) = good {
                console.say(&format!("boot slot {} marked good", good.name()));
            }
            None
        }
        Err(e) => Some(Event::Appeared(Reason::new(Code::BootSlotNotMarked).detail(&chain(&e)))),
    }
}

fn try_bless(feed: &mut dyn FnMut()) -> Result<Option<SlotPath>, SupervisorError> {
    let Ok(variable) = fs::read(BOOT_COUNT_PATH) else { return Ok(None) };
    let counted = SlotPath::from_variable(&variable)
        .ok_or_else(|| SupervisorError::Content { path: BOOT_COUNT_PATH.into(), what: "not a path".into() })?;
    let Some(good) = counted.good() else { return Ok(None) };
    let device = blockdev::by_partition_name(PARTITION, feed)?;
    fs::create_dir_all(MOUNTED).map_err(file("making", MOUNTED))?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    let failed = |source| SupervisorError::Mount { target: MOUNTED.into(), source };
    mount(Some(&device), MOUNTED, Some("vfat"), flags, Some("umask=0077")).map_err(failed)?;
    let marked = mark_good(Path::new(MOUNTED), &counted, &good);
    umount2(MOUNTED, MntFlags::empty()).map_err(failed)?;
    marked.map(|()| Some(good)).map_err(file("marking good", counted.path()))
}
