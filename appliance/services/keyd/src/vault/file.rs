//! The vault's file, one for each vault and each value of the counter: `vault-ID-COUNT.json`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use ipc::early::Sealed;
use key_backup::aead;
use secrets::Secret;
use serde::{Deserialize, Serialize};

use super::random;
use super::table::Table;
use crate::error::file;
use crate::{KeydError, set_aside};

/// 1 was a vault without a table, whose key nothing could make void.
const VERSION: u32 = 2;
/// Of a thousand clients with all the keys that they may have.
const SIZE_MAX: u64 = 32 << 20;
/// Holds room, of ten thousand keys' data keys.
const SPARE: &str = "spare";
const SPARE_BYTES: usize = 1 << 20;
const TITLE: &str = "coffer vault table v1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VaultFile {
    pub(super) id: String,
    /// The value of the TPM's counter that its key is sealed to.
    pub(super) count: u64,
    pub(super) sealed: Sealed,
    /// Under that key. Hexadecimal.
    nonce: String,
    table: String,
}

/// One that was found.
pub(super) struct Kept {
    pub(super) path: PathBuf,
    pub(super) file: VaultFile,
}

impl VaultFile {
    pub(super) fn of(
        id: &str,
        count: u64,
        sealed: &Sealed,
        key: &Secret,
        table: &Table,
    ) -> Result<VaultFile, KeydError> {
        let nonce = random::<{ aead::NONCE_BYTES }>()?;
        let plain = table.encode().ok_or(KeydError::Random)?;
        let table = aead::seal(key, &nonce, &bound(id, count), plain.expose()).ok_or(KeydError::Random)?;
        let (nonce, table) = (HEXLOWER.encode(&nonce), HEXLOWER.encode(&table));
        Ok(VaultFile { id: id.into(), count, sealed: sealed.clone(), nonce, table })
    }

    /// `None`: it is damaged.
    pub(super) fn table(&self, key: &Secret) -> Option<Table> {
        let nonce = HEXLOWER.decode(self.nonce.as_bytes()).ok()?.try_into().ok()?;
        let table = HEXLOWER.decode(self.table.as_bytes()).ok()?;
        Table::decode(&aead::open(key, &nonce, &bound(&self.id, self.count), &table)?)
    }

    pub(super) fn path(&self, folder: &Path) -> PathBuf {
        folder.join(format!("vault-{}-{}.json", self.id, self.count))
    }
}

/// All that lie in the folder. One that cannot be read is set aside; the second value says so.
pub(super) fn all(folder: &Path) -> Result<(Vec<Kept>, Vec<String>), KeydError> {
    let (mut vaults, mut troubles) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(file("listing", folder))? {
        let path = entry.map_err(file("listing", folder))?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        if !name.starts_with("vault-") || !name.ends_with(".json") {
            continue;
        }
        match durable_files::read_json::<VaultFile>(&path, VERSION, SIZE_MAX) {
            Ok(Some(file)) if file.path(folder) == path => vaults.push(Kept { path, file }),
            Ok(Some(_)) => troubles.push(crate::out_of_the_way(&path, "it holds another vault")?),
            Ok(None) => {}
            Err(e) => troubles.push(set_aside(&path, e)?),
        }
    }
    // Which comes first must not hang on the file system.
    vaults.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((vaults, troubles))
}

pub(super) fn write(folder: &Path, content: &VaultFile) -> Result<(), KeydError> {
    let path = content.path(folder);
    durable_files::write_json(&path, VERSION, content).map_err(file("writing", &path))
}

/// On a volume that somebody filled, too: a key's end must not wait for room. Room is kept for it.
pub(super) fn write_at_any_rate(folder: &Path, content: &VaultFile) -> Result<(), KeydError> {
    match write(folder, content) {
        Err(KeydError::File { source, .. }) if source.kind() == ErrorKind::StorageFull => {
            remove(&folder.join(SPARE))?;
            write(folder, content)
        }
        written => written,
    }
}

/// Makes the room again, where there is some. Without it a key's end waits until there is.
pub(super) fn keep_spare(folder: &Path) {
    let path = folder.join(SPARE);
    if fs::metadata(&path).map_or(true, |found| found.len() < SPARE_BYTES as u64) {
        let _ = fs::write(&path, vec![0; SPARE_BYTES]);
    }
}

pub(super) fn remove(path: &Path) -> Result<(), KeydError> {
    durable_files::remove(path).map_err(file("removing", path))
}

fn bound(id: &str, count: u64) -> Vec<u8> {
    format!("{TITLE} {id} {count}").into_bytes()
}
