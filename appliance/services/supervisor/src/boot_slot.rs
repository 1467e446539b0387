//! Telling systemd-boot that this image works: its file loses the boot counter in its name.
//!
//! systemd's Automatic Boot Assessment: "NAME+LEFT-DONE.efi" counts tries; a name without a counter is "good".

use std::fs::{self, File};
use std::path::Path;

use ipc::control::BoxFacts;
use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::blockdev;
use crate::console::Console;
use crate::error::{SupervisorError, chain, file};

const PARTITION: &str = "coffer-esp";
const MOUNTED: &str = "/run/esp";
/// UTF-16 text in efivarfs, after four bytes of attributes: the path of the counted file that was booted.
const BOOT_COUNT_PATH: &str = "/sys/firmware/efi/efivars/LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

/// A box that can't be blessed runs, but would fall back after some boots: that is a degraded box.
pub(crate) fn bless(console: &mut Console, facts: &mut BoxFacts) {
    match try_bless() {
        Ok(Some(name)) => console.say(&format!("boot slot {name} marked good")),
        Ok(None) => {}
        Err(e) => facts.degraded.push(format!("the boot slot could not be marked good: {}", chain(&e))),
    }
}

fn try_bless() -> Result<Option<String>, SupervisorError> {
    let Ok(variable) = fs::read(BOOT_COUNT_PATH) else { return Ok(None) };
    let counted = utf16_path(&variable)
        .ok_or_else(|| SupervisorError::Content { path: BOOT_COUNT_PATH.into(), what: "not a path".into() })?;
    let Some(good) = without_counter(&counted) else { return Ok(None) };
    let device = blockdev::by_partition_name(PARTITION)?;
    fs::create_dir_all(MOUNTED).map_err(file("making", MOUNTED))?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some(&device), MOUNTED, Some("vfat"), flags, Some("umask=0077"))
        .map_err(|source| SupervisorError::Mount { target: MOUNTED.into(), source })?;
    let renamed = rename(&counted, &good);
    umount2(MOUNTED, MntFlags::empty()).map_err(|source| SupervisorError::Mount { target: MOUNTED.into(), source })?;
    renamed.map(|()| Some(good.rsplit('/').next().unwrap_or(&good).to_string()))
}

/// On FAT the new entry is written without the file's place and size, which follow with the file: synced first, they stand in
/// the one sector that takes the old name away. A folder synced alone leaves an empty image after a power cut.
fn rename(counted: &str, good: &str) -> Result<(), SupervisorError> {
    let (from, to) = (Path::new(MOUNTED).join(counted), Path::new(MOUNTED).join(good));
    fs::rename(&from, &to).map_err(file("renaming", &from))?;
    File::open(&to).and_then(|f| f.sync_all()).map_err(file("syncing", &to))?;
    let folder = to.parent().unwrap_or(Path::new(MOUNTED));
    File::open(folder).and_then(|f| f.sync_all()).map_err(file("syncing", folder))
}

/// "\EFI\Linux\a+3.efi" as "EFI/Linux/a+3.efi", relative, with no way up.
fn utf16_path(variable: &[u8]) -> Option<String> {
    let units: Vec<u16> = variable.get(4..)?.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]])).collect();
    let text = String::from_utf16(&units).ok()?;
    let path = text.trim_end_matches('\0').replace('\\', "/");
    let path = path.trim_start_matches('/').to_string();
    let honest = path.ends_with(".efi") && path.split('/').all(|part| !part.is_empty() && part != "..");
    honest.then_some(path)
}

/// The name without "+LEFT" or "+LEFT-DONE"; `None`: it has no counter.
fn without_counter(path: &str) -> Option<String> {
    let stem = path.strip_suffix(".efi")?;
    let (name, counter) = stem.rsplit_once('+')?;
    let mut numbers = counter.splitn(2, '-');
    let is_number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    numbers.all(is_number).then(|| format!("{name}.efi"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_recognized_and_nothing_else() {
        assert_eq!(without_counter("EFI/Linux/coffer_0.1.0+3.efi").as_deref(), Some("EFI/Linux/coffer_0.1.0.efi"));
        assert_eq!(without_counter("EFI/Linux/coffer_0.1.0+2-1.efi").as_deref(), Some("EFI/Linux/coffer_0.1.0.efi"));
        assert_eq!(without_counter("EFI/Linux/coffer_0.1.0.efi"), None);
        assert_eq!(without_counter("EFI/Linux/coffer+beta.efi"), None);
    }

    #[test]
    fn a_path_can_not_climb() {
        let variable =
            |text: &str| [0u8; 4].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect::<Vec<_>>();
        assert_eq!(utf16_path(&variable("\\EFI\\Linux\\a+3.efi\0")).as_deref(), Some("EFI/Linux/a+3.efi"));
        assert_eq!(utf16_path(&variable("\\EFI\\..\\a+3.efi\0")), None);
        assert_eq!(utf16_path(&variable("\\EFI\\Linux\\a+3.conf\0")), None);
        assert_eq!(utf16_path(&[1, 2]), None);
    }
}
