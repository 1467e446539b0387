//! Files, read with a bound: nobody's file fills this computer's memory.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use data_encoding::BASE64_MIME_PERMISSIVE;

use crate::error::VerifyError;

pub fn read(path: &Path, max: u64) -> Result<Vec<u8>, VerifyError> {
    let problem = |source| VerifyError::Read { path: path.into(), source };
    let too_long = || VerifyError::Size { path: path.into(), max };
    let file = File::open(path).map_err(problem)?;
    // A pipe has no length, and a file may grow: the bound holds while it is read, too.
    if file.metadata().map_err(problem)?.len() > max {
        return Err(too_long());
    }
    let mut bytes = Vec::new();
    file.take(max + 1).read_to_end(&mut bytes).map_err(problem)?;
    if bytes.len() as u64 > max { Err(too_long()) } else { Ok(bytes) }
}

pub fn write(path: &Path, bytes: &[u8]) -> Result<(), VerifyError> {
    fs::write(path, bytes).map_err(|source| VerifyError::Write { path: path.into(), source })
}

pub fn make_folder(path: &Path) -> Result<(), VerifyError> {
    fs::create_dir_all(path).map_err(|source| VerifyError::Write { path: path.into(), source })
}

/// The files of a folder, by name; none if there is no such folder.
pub fn listed(folder: &Path) -> Result<Vec<PathBuf>, VerifyError> {
    let problem = |source| VerifyError::Read { path: folder.into(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(problem(e)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(problem)?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The PEM blocks of this kind (`CERTIFICATE`), as text; none: it is no PEM.
pub fn pem_blocks(bytes: &[u8], kind: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let (begin, end) = (format!("-----BEGIN {kind}-----"), format!("-----END {kind}-----"));
    let body = |part: &str| part.split_once(end.as_str()).map(|(body, _)| format!("{begin}{body}{end}\n"));
    text.split(begin.as_str()).skip(1).filter_map(body).collect()
}

/// Certificates in DER, from PEM or DER.
pub fn certificates(bytes: Vec<u8>) -> Vec<Vec<u8>> {
    let blocks = pem_blocks(&bytes, "CERTIFICATE");
    if blocks.is_empty() {
        return vec![bytes];
    }
    let inside = |block: &String| block.lines().filter(|line| !line.starts_with("-----")).collect::<String>();
    // What is no base64 is no certificate either, and is refused as one.
    blocks.iter().map(|b| BASE64_MIME_PERMISSIVE.decode(inside(b).as_bytes()).unwrap_or_default()).collect()
}
