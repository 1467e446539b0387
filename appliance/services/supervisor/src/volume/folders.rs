//! The services' folders on the open volume.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use service_table::Table;

use crate::error::{SupervisorError, file};

/// A folder for each service that has one, which nobody else may enter.
pub(crate) fn make(table: &Table) -> Result<(), SupervisorError> {
    for (path, uid) in table.rows().iter().filter_map(|row| Some((row.folder.as_ref()?, row.uid))) {
        fs::create_dir_all(path).map_err(file("making", path))?;
        chown(path, Some(uid), Some(uid)).map_err(file("giving away", path))?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(file("restricting", path))?;
    }
    Ok(())
}
