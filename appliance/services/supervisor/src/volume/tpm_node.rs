//! The TPM's device node.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use crate::error::{SupervisorError, file};
use crate::programs::KEYD_UID;

/// keyd opens the TPM's node itself, by its right as owner; nobody else may.
pub(crate) fn give_to_keyd() -> Result<(), SupervisorError> {
    let path = "/dev/tpmrm0";
    chown(path, Some(KEYD_UID), Some(KEYD_UID)).map_err(file("giving to keyd", path))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(file("giving to keyd", path))
}
