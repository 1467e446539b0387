//! Device nodes that belong to a service: it opens them itself, by its right as owner; nobody else may.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use service_table::{Device, Row, Table};

use crate::error::{SupervisorError, file};

/// The TPM behind the kernel's resource manager, which flushes what its user leaves behind.
pub(crate) const TPM: &str = "/dev/tpmrm0";

pub(crate) fn give(node: impl AsRef<Path>, uid: u32) -> Result<(), SupervisorError> {
    let node = node.as_ref();
    chown(node, Some(uid), Some(uid)).map_err(file("giving away", node))?;
    fs::set_permissions(node, fs::Permissions::from_mode(0o600)).map_err(file("giving away", node))
}

/// The service that has this device.
pub(crate) fn owner(table: &Table, device: Device) -> Option<&Row> {
    table.rows().iter().find(|row| row.devices.contains(&device))
}
