//! The jail: after this, nothing but the service's own folder and its own ports.

use std::path::Path;

use sandbox::{Filter, Jail};

use crate::error::ComputeError;

/// Locks the process in. Devices and sockets that are open stay usable.
pub fn enter(data: &Path, ports: &[u16]) -> Result<(), ComputeError> {
    sandbox::enter(&Jail { filter: Filter::Computed, folders: &[data], ports }).map_err(ComputeError::Jail)
}
