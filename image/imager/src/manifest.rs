//! What an image consists of, for people who check it and for programs that compare a box with it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::digest::sha256_hex;
use crate::error::{ImagerError, read};
use crate::tree::{Node, Tree};

pub const FILE_NAME: &str = "manifest.json";
pub const FORMAT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    pub profile: String,
    pub version: String,
    pub security_version: u32,
    pub development: bool,
    /// SHA-256 of the certificate whose key signed the boot loader and the image.
    pub secure_boot_certificate: String,
    pub kernel: KernelRecord,
    pub uki: FileRecord,
    pub boot_loader: FileRecord,
    pub disk: FileRecord,
    /// The value of PCR 11 after each phase path that something is unsealed at; under "": as systemd-stub leaves it.
    pub pcr11: BTreeMap<String, String>,
    pub files: Vec<TreeRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelRecord {
    pub release: String,
    pub sha256: String,
    pub command_line: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Beside the manifest.
    pub file: String,
    /// In the EFI system partition.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub installed: Vec<String>,
    pub size: u64,
    pub sha256: String,
}

/// A file or folder of the initramfs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeRecord {
    pub path: String,
    /// Octal, with the type ("100555").
    pub mode: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
}

impl Manifest {
    /// The manifest of the image in this folder.
    pub fn read(folder: &Path) -> Result<Manifest, ImagerError> {
        let path = folder.join(FILE_NAME);
        let bytes = read(&path)?;
        serde_json::from_slice(&bytes).map_err(|source| ImagerError::ManifestFormat { path, source })
    }

    pub fn json(&self) -> Vec<u8> {
        pretty(self)
    }
}

impl FileRecord {
    pub fn of(file: &str, installed: &[&str], bytes: &[u8]) -> FileRecord {
        let installed = installed.iter().map(|i| i.to_string()).collect();
        FileRecord { file: file.into(), installed, size: bytes.len() as u64, sha256: sha256_hex(bytes) }
    }
}

pub fn records(tree: &Tree) -> Vec<TreeRecord> {
    let record = |(path, node): (&str, &Node)| {
        let bytes = match node {
            Node::Folder => None,
            Node::File { bytes, .. } => Some(bytes),
        };
        TreeRecord {
            path: path.into(),
            mode: format!("{:06o}", node.mode()),
            size: bytes.map(|b| b.len() as u64),
            sha256: bytes.map(|b| sha256_hex(b)),
        }
    };
    tree.nodes().map(record).collect()
}

pub(crate) fn compact(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

pub(crate) fn pretty(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
