//! Small files that are whole or absent after a power cut: written beside, synced, renamed, folder synced.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use serde::{Serialize, de::DeserializeOwned};

use crate::KeydError;

/// No file of keyd's is larger, in bytes.
const FILE_MAX: u64 = 64 * 1024;

pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), KeydError> {
    let failed = |source| KeydError::File { action: "writing", path: path.to_path_buf(), source };
    let text = serde_json::to_vec_pretty(value).map_err(|e| failed(e.into()))?;
    let beside = path.with_extension("new");
    let mut file = File::create(&beside).map_err(failed)?;
    file.write_all(&text).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    fs::rename(&beside, path).map_err(failed)?;
    sync_folder(path).map_err(failed)
}

/// `None`: there is no such file.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, KeydError> {
    let failed = |source| KeydError::File { action: "reading", path: path.to_path_buf(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed(e)),
    };
    let mut text = Vec::new();
    file.take(FILE_MAX).read_to_end(&mut text).map_err(failed)?;
    let damaged = |e: serde_json::Error| KeydError::Damaged { path: path.to_path_buf(), what: e.to_string() };
    serde_json::from_slice(&text).map(Some).map_err(damaged)
}

pub fn remove(path: &Path) -> Result<(), KeydError> {
    let failed = |source| KeydError::File { action: "removing", path: path.to_path_buf(), source };
    fs::remove_file(path).map_err(failed)?;
    sync_folder(path).map_err(failed)
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
