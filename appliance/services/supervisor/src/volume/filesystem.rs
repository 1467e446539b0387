//! The file system on the open volume, and the services' folders in it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use crate::error::{SupervisorError, file};
use crate::programs::{COMPUTED_UID, KEYD_UID};

/// Makes an empty one, with this label.
pub(crate) fn make(device: &Path, label: &str) -> Result<(), SupervisorError> {
    let made = Command::new("/sbin/mke2fs")
        .args(["-q", "-t", "ext4", "-E", "lazy_itable_init=1", "-L", label])
        .arg(device)
        .status();
    let made = made.map_err(file("starting", "/sbin/mke2fs"))?;
    if !made.success() {
        return Err(SupervisorError::Helper { program: "mke2fs", status: made });
    }
    Ok(())
}

/// A folder for each service and one for the supervisor, which nobody else may enter.
pub(crate) fn make_folders() -> Result<(), SupervisorError> {
    for (path, uid) in [("/data/keyd", KEYD_UID), ("/data/compute", COMPUTED_UID), ("/data/supervisor", 0)] {
        fs::create_dir_all(path).map_err(file("making", path))?;
        chown(path, Some(uid), Some(uid)).map_err(file("giving away", path))?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(file("restricting", path))?;
    }
    Ok(())
}
