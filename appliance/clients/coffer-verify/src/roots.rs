//! The folder of what the auditor trusts.

use std::path::Path;

use verifier::{Roots, RootsError};

use crate::error::VerifyError;
use crate::files;

const FILE_MAX: u64 = 1 << 20;

/// The makers of TPMs alone.
pub fn makers(folder: &Path) -> Result<Roots, VerifyError> {
    if !folder.is_dir() {
        return Err(VerifyError::Content { path: folder.into(), what: "folder of roots" });
    }
    let mut roots = Roots::default();
    certificates(&folder.join("tpm"), &mut roots, Roots::add_endorsement_root)?;
    certificates(&folder.join("tpm-intermediates"), &mut roots, Roots::add_intermediate)?;
    Ok(roots)
}

pub fn read(folder: &Path) -> Result<Roots, VerifyError> {
    let mut roots = makers(folder)?;
    keys(&folder.join("release.pem"), &mut roots, Roots::add_release_key)?;
    // Without the vendor's word on machines, everything else can still be judged.
    let records = folder.join("device-record.pem");
    if records.exists() {
        keys(&records, &mut roots, Roots::add_device_record_key)?;
    }
    Ok(roots)
}

type Add<T> = fn(&mut Roots, T) -> Result<(), RootsError>;

fn certificates(folder: &Path, roots: &mut Roots, add: Add<Vec<u8>>) -> Result<(), VerifyError> {
    for path in files::listed(folder)? {
        for der in files::certificates(files::read(&path, FILE_MAX)?) {
            add(roots, der).map_err(|source| VerifyError::Roots { path: path.clone(), source })?;
        }
    }
    Ok(())
}

fn keys(
    path: &Path,
    roots: &mut Roots,
    add: fn(&mut Roots, &str) -> Result<(), RootsError>,
) -> Result<(), VerifyError> {
    let blocks = files::pem_blocks(&files::read(path, FILE_MAX)?, "PUBLIC KEY");
    if blocks.is_empty() {
        return Err(VerifyError::Content { path: path.into(), what: "public key (PEM)" });
    }
    for pem in blocks {
        add(roots, &pem).map_err(|source| VerifyError::Roots { path: path.into(), source })?;
    }
    Ok(())
}
