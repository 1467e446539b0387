//! What can go wrong when an image is built, checked or written.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

#[derive(Debug, Error)]
pub enum ImagerError {
    #[error("cannot {action} {}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("profile {}: {problem}", path.display())]
    Profile { path: PathBuf, problem: String },
    #[error("the services of profile {}", path.display())]
    Services { path: PathBuf, source: service_table::TableError },
    #[error("profile {} is not valid TOML", path.display())]
    Toml { path: PathBuf, source: Box<toml::de::Error> },
    #[error("{} is not a readable program or library", path.display())]
    Elf { path: PathBuf, source: object::read::Error },
    #[error("not hardened: {problem}")]
    Hardening { problem: String },
    #[error("the reference values: {problem}")]
    Reference { problem: String },
    #[error("the signed reference values (release.key, release.pub)")]
    Signed { source: attestation::jws::JwsError },
    #[error("the bill of materials: {problem}")]
    Bill { problem: String },
    #[error("{needed_by} needs the library {name}, which is in none of the root's library folders")]
    Library { name: String, needed_by: String },
    #[error("{what} is not a PE file that can be signed or measured: {problem}")]
    Pe { what: String, problem: String },
    #[error("keys in {}: {problem}", folder.display())]
    Keys { folder: PathBuf, problem: String },
    #[error("the initramfs: {problem}")]
    Initramfs { problem: String },
    #[error("the {what}")]
    FileSystem { what: &'static str, source: io::Error },
    #[error("the partition table: {problem}")]
    Partitions { problem: String },
    #[error("{tool} could not be started")]
    ToolStart { tool: String, source: io::Error },
    #[error("{tool} failed ({status}): {output}")]
    ToolFailed { tool: String, status: String, output: String },
    #[error("{tool} did not end within {seconds} s and was stopped")]
    ToolTimeout { tool: String, seconds: u64 },
    #[error("{} is not a manifest", path.display())]
    ManifestFormat { path: PathBuf, source: serde_json::Error },
    #[error("{} of {count} checks failed: {}", failures.len(), failures.join("; "))]
    Verification { count: usize, failures: Vec<String> },
    #[error("refusing to write to {}: {reason}", device.display())]
    Refused { device: PathBuf, reason: String },
    #[error("the image is {size} bytes (unified kernel image and boot loader), the limit is {limit}")]
    TooLarge { size: u64, limit: u64 },
}

impl ImagerError {
    pub(crate) fn file(action: &'static str, path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> ImagerError {
        let path = path.as_ref().to_path_buf();
        move |source| ImagerError::File { action, path, source }
    }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ImagerError> {
    std::fs::read(path).map_err(ImagerError::file("read", path))
}

pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), ImagerError> {
    std::fs::write(path, bytes).map_err(ImagerError::file("write", path))
}
