//! The mounts: `/` is the initramfs, sealed read-only; every other mount is nosuid, nodev (but /dev) and noexec.

use std::fs;
use std::io::ErrorKind;

use nix::mount::{MsFlags, mount};

use crate::error::SupervisorError;

const SYSTEM: [(&str, &str, &str, Option<&str>); 6] = [
    ("proc", "/proc", "proc", Some("hidepid=2")),
    ("sysfs", "/sys", "sysfs", None),
    ("devtmpfs", "/dev", "devtmpfs", Some("mode=0755")),
    ("tmpfs", "/run", "tmpfs", Some("mode=0755,size=64m")),
    ("securityfs", "/sys/kernel/security", "securityfs", None),
    ("efivarfs", "/sys/firmware/efi/efivars", "efivarfs", None),
];

pub(crate) fn mount_all() -> Result<(), SupervisorError> {
    for (source, target, kind, options) in SYSTEM {
        let mut flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
        if target != "/dev" {
            flags |= MsFlags::MS_NODEV;
        }
        if target == "/sys/firmware/efi/efivars" {
            flags |= MsFlags::MS_RDONLY;
        }
        let mounted = mount(Some(source), target, Some(kind), flags, options);
        // What these two would say is then not known, which is said; the box works without.
        if !matches!(kind, "securityfs" | "efivarfs") {
            mounted.map_err(|source| SupervisorError::Mount { target: target.into(), source })?;
        }
    }
    Ok(())
}

/// Remounts the initramfs read-only, both the file system and the mount, and proves it.
pub(crate) fn make_root_read_only() -> Result<(), SupervisorError> {
    let failed = |source| SupervisorError::Mount { target: "/ read-only".into(), source };
    let none: Option<&str> = None;
    mount(none, "/", none, MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY, none).map_err(failed)?;
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(none, "/", none, flags, none).map_err(failed)?;
    match fs::write("/read-only", b"") {
        Err(e) if e.kind() == ErrorKind::ReadOnlyFilesystem => Ok(()),
        _ => Err(SupervisorError::RootWritable),
    }
}

/// Where the data volume would be, as long as it is closed: a little memory, for the folders of what runs without it.
pub(crate) fn mount_no_data() -> Result<(), SupervisorError> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("tmpfs"), "/data", Some("tmpfs"), flags, Some("mode=0755,size=4m"))
        .map_err(|source| SupervisorError::Mount { target: "/data".into(), source })
}
