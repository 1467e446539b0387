//! Small JSON files with a format version. One of another version, or damaged, is an error that says so: it is for its reader to
//! set it aside, and for nobody to delete it.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::replace;

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("reading")]
    Io(#[source] io::Error),
    #[error("it is longer than {max} bytes")]
    TooLong { max: u64 },
    #[error("it has the format version {found}; this release knows {known}")]
    Version { found: u64, known: u32 },
    #[error("it is not what it should be")]
    Malformed(#[source] serde_json::Error),
}

#[derive(Serialize, Deserialize)]
struct Versioned<T> {
    version: u32,
    content: T,
}

#[derive(Deserialize)]
struct VersionAlone {
    version: u64,
}

/// The content of a file of this version; `None`: there is no such file.
pub fn read_json<T: DeserializeOwned>(path: &Path, version: u32, max: u64) -> Result<Option<T>, ReadError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(ReadError::Io(e)),
    };
    let mut text = Vec::new();
    file.take(max + 1).read_to_end(&mut text).map_err(ReadError::Io)?;
    if text.len() as u64 > max {
        return Err(ReadError::TooLong { max });
    }
    // The version first: the content of another one need not parse.
    let found: VersionAlone = serde_json::from_slice(&text).map_err(ReadError::Malformed)?;
    if found.version != u64::from(version) {
        return Err(ReadError::Version { found: found.version, known: version });
    }
    serde_json::from_slice::<Versioned<T>>(&text).map(|v| Some(v.content)).map_err(ReadError::Malformed)
}

pub fn write_json<T: Serialize>(path: &Path, version: u32, content: &T) -> io::Result<()> {
    replace(path, &to_json(version, content)?)
}

/// What [`write_json`] writes, for who writes it otherwise.
pub fn to_json<T: Serialize>(version: u32, content: &T) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(&Versioned { version, content })?)
}
