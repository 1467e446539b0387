//! The file system on the open volume, and the services' folders in it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use service_table::Table;

use crate::error::{SupervisorError, file};

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

/// A folder for each service that has one, which nobody else may enter.
pub(crate) fn make_folders(table: &Table) -> Result<(), SupervisorError> {
    for (path, uid) in table.rows().iter().filter_map(|row| Some((row.folder.as_ref()?, row.uid))) {
        fs::create_dir_all(path).map_err(file("making", path))?;
        chown(path, Some(uid), Some(uid)).map_err(file("giving away", path))?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(file("restricting", path))?;
    }
    Ok(())
}
