//! The files of a backup: the backup itself, and the private key that opens half of it.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use data_encoding::HEXLOWER;
use key_backup::{Header, RecipientKey};
use secrets::Secret;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use crate::error::{CliError, file};
use crate::output::Output;

const FORMAT: &str = "coffer backup";
const VERSION: u32 = 1;
/// In hexadecimal: 32 entries of 8 KiB and a header.
const SIZE_MAX: u64 = 1 << 20;
const KEY_TITLE: &str = "coffer backup private key 1\n";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    version: u32,
    /// Hexadecimal.
    header: String,
    entries: Vec<String>,
}

pub(crate) struct BackupFile {
    pub(crate) header: Vec<u8>,
    pub(crate) entries: Vec<Vec<u8>>,
}

impl BackupFile {
    pub(crate) fn read(path: &Path) -> Result<BackupFile, CliError> {
        let bad = |what: String| CliError::Content { path: path.into(), what };
        let text = read_bounded(path, SIZE_MAX)?;
        let written: Written =
            serde_json::from_slice(&text).map_err(|e| bad(format!("it is no backup of a Coffer box: {e}")))?;
        if written.format != FORMAT || written.version != VERSION {
            return Err(bad(format!("it is {:?}, version {}", written.format, written.version)));
        }
        let hex =
            |text: &String| HEXLOWER.decode(text.as_bytes()).map_err(|_| bad("a part of it is not hexadecimal".into()));
        let backup = BackupFile {
            header: hex(&written.header)?,
            entries: written.entries.iter().map(hex).collect::<Result<_, _>>()?,
        };
        let keys = backup.parsed(path)?.keys.len();
        if keys != backup.entries.len() {
            return Err(bad(format!("it has {} entries for {keys} keys: it is cut", backup.entries.len())));
        }
        Ok(backup)
    }

    /// A file that is there already stays.
    pub(crate) fn write(&self, path: &Path) -> Result<(), CliError> {
        let (header, entries) =
            (HEXLOWER.encode(&self.header), self.entries.iter().map(|e| HEXLOWER.encode(e)).collect());
        let written = Written { format: FORMAT.into(), version: VERSION, header, entries };
        create(path, &serde_json::to_vec_pretty(&written).unwrap_or_default())
    }

    pub(crate) fn parsed(&self, path: &Path) -> Result<Header, CliError> {
        Header::decode(&self.header).map_err(|e| CliError::Content { path: path.into(), what: e.to_string() })
    }

    /// Where a backup is from, by its header.
    pub(crate) fn describe(header: &[u8]) -> Option<String> {
        let header = Header::decode(header).ok()?;
        Some(format!("from the box {}, made at {}", header.device_id, header.created))
    }
}

/// A key pair for one person.
pub(crate) fn make_key(path: &Path, output: &Output) -> Result<(), CliError> {
    let key = RecipientKey::generate();
    let secret = Zeroizing::new(HEXLOWER.encode(key.secret().expose()));
    create(path, Zeroizing::new(format!("{KEY_TITLE}{}\n", *secret)).as_bytes())?;
    let public = HEXLOWER.encode(&key.public());
    output.result(
        json!({ "public": public }),
        &format!("public key {public}\nkeep {}: it opens a half of backups", path.display()),
    );
    Ok(())
}

pub(crate) fn read_key(path: &Path) -> Result<RecipientKey, CliError> {
    let bad = || CliError::Content { path: path.into(), what: "it is no private key of coffer backup key".into() };
    let text = Zeroizing::new(read_bounded(path, 1024)?);
    let hex = text.strip_prefix(KEY_TITLE.as_bytes()).ok_or_else(bad)?;
    let secret = HEXLOWER.decode(hex.trim_ascii()).map(Secret::new).map_err(|_| bad())?;
    RecipientKey::from_secret(&secret).map_err(|_| bad())
}

fn create(path: &Path, content: &[u8]) -> Result<(), CliError> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut opened = opened.map_err(file("making", path))?;
    opened.write_all(content).and_then(|()| opened.sync_all()).map_err(file("writing", path))
}

fn read_bounded(path: &Path, max: u64) -> Result<Vec<u8>, CliError> {
    let opened = std::fs::File::open(path).map_err(file("opening", path))?;
    let mut content = Vec::new();
    opened.take(max + 1).read_to_end(&mut content).map_err(file("reading", path))?;
    if content.len() as u64 > max {
        return Err(CliError::Content { path: path.into(), what: format!("it is longer than {max} bytes") });
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_file_and_no_file_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        make_key(&path, &Output::new(false)).unwrap();
        let key = read_key(&path).unwrap();
        assert!(make_key(&path, &Output::new(false)).is_err());
        assert_eq!(read_key(&path).unwrap().public(), key.public());
        for spoilt in ["", "coffer backup private key 1\nzz", "coffer backup private key 1\n00", "other"] {
            let path = folder.path().join("spoilt");
            std::fs::write(&path, spoilt).unwrap();
            assert!(read_key(&path).is_err(), "{spoilt:?}");
        }
    }

    #[test]
    fn what_is_no_backup_or_is_cut_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup");
        let half = |key: &RecipientKey| {
            let half = key_backup::Half::new(Secret::new(vec![1; 32])).unwrap();
            let sealed = half.seal(&key.public(), b"").unwrap();
            key_backup::SealedHalf { recipient: key.public(), sealed, commitment: half.commitment() }
        };
        let key = RecipientKey::generate();
        let named = |n: usize| key_backup::Named { id: n.to_string(), owner: "a".into(), name: "k".into() };
        let (keys, halves) = ((0..2).map(named).collect(), [half(&key), half(&key)]);
        let header = Header { device_id: "00".into(), created: 1, keys, halves }.encode().unwrap();
        let whole = BackupFile { header: header.clone(), entries: vec![vec![1], vec![2]] };
        whole.write(&path).unwrap();
        assert!(whole.write(&path).is_err(), "a file that is there stays");
        assert_eq!(BackupFile::read(&path).unwrap().entries, [[1], [2]]);
        let text = std::fs::read_to_string(&path).unwrap();
        for spoilt in [text.replace("\"01\",", ""), text.replace("\"version\": 1", "\"version\": 9"), "{}".into()] {
            std::fs::write(&path, spoilt).unwrap();
            assert!(BackupFile::read(&path).is_err());
        }
        assert!(BackupFile::describe(&header).unwrap().contains("the box 00"));
    }
}
