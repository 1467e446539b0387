//! What this user's browsers trust: NSS databases, written by NSS's own program. Chromium and Firefox read them at their start.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::authority::{Authority, fingerprint};

/// Below a user's home: Chromium's, and the folders of Firefox's profiles.
const CHROMIUM: &str = ".pki/nssdb";
const FIREFOX: [&str; 2] = [".mozilla/firefox", "snap/firefox/common/.mozilla/firefox"];
const DATABASE: &str = "cert9.db";
/// For web sites, and for nothing else.
const TRUSTED: &str = "C,,";

/// Databases that are there, and a program that writes them.
pub(crate) struct Stores(Vec<PathBuf>);

#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(
        "certutil is not installed (Debian: libnss3-tools), and it is what writes the browsers' databases. By hand: leave --install out, \
         and import the file in the browser's settings, under certificates, authorities, for web sites alone"
    )]
    NoProgram,
    #[error(
        "neither Chromium nor Firefox has a database of certificates below {home}: start the browser once, or import the file by hand"
    )]
    None { home: PathBuf },
    #[error("HOME is not set")]
    NoHome,
    #[error(
        "{store} trusts another authority as \"{name}\" (SHA-256 {sha256}): this box's has changed since, as after its TPM was replaced \
         (--replace puts the new one in its place)"
    )]
    Another { store: PathBuf, name: String, sha256: String },
    #[error("certutil, on {store}: {said}")]
    Failed { store: PathBuf, said: String },
    #[error("running certutil")]
    Run(#[source] std::io::Error),
}

impl Stores {
    pub(crate) fn found() -> Result<Stores, StoreError> {
        let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let home = home.ok_or(StoreError::NoHome)?;
        // It says how it is used, and fails.
        match Command::new("certutil").arg("-H").stdin(Stdio::null()).output() {
            Err(e) if e.kind() == ErrorKind::NotFound => return Err(StoreError::NoProgram),
            Err(e) => return Err(StoreError::Run(e)),
            Ok(_) => {}
        }
        let mut stores = Vec::from_iter(Some(home.join(CHROMIUM)).filter(|store| store.join(DATABASE).exists()));
        for folder in FIREFOX {
            let profiles =
                std::fs::read_dir(home.join(folder)).into_iter().flatten().flatten().map(|entry| entry.path());
            stores.extend(profiles.filter(|profile| profile.join(DATABASE).exists()));
        }
        stores.sort();
        match stores.is_empty() {
            true => Err(StoreError::None { home }),
            false => Ok(Stores(stores)),
        }
    }

    /// `file`: the certificate, which was checked, and is now in it. Where it is trusted now.
    pub(crate) fn install(
        &self,
        authority: &Authority,
        file: &Path,
        replace: bool,
    ) -> Result<Vec<PathBuf>, StoreError> {
        let name = nickname(authority.host_name());
        // All of them are looked at before any is changed.
        for store in &self.0 {
            match certificate(store, &name)? {
                Some(there) if there != authority.der() && !replace => {
                    let sha256 = fingerprint(&there);
                    return Err(StoreError::Another { store: store.clone(), name, sha256 });
                }
                _ => {}
            }
        }
        for store in &self.0 {
            if certificate(store, &name)?.is_some_and(|there| there != authority.der()) {
                run(store, &["-D".as_ref(), "-n".as_ref(), name.as_ref()])?;
            }
            let add = ["-A", "-t", TRUSTED, "-n", &name, "-i"].map(OsStr::new);
            run(store, &[&add[..], &[file.as_os_str()]].concat())?;
        }
        Ok(self.0.clone())
    }

    /// Where it was trusted.
    pub(crate) fn remove(&self, host_name: &str) -> Result<Vec<PathBuf>, StoreError> {
        let name = nickname(host_name);
        let mut from = Vec::new();
        for store in &self.0 {
            if certificate(store, &name)?.is_some() {
                run(store, &["-D".as_ref(), "-n".as_ref(), name.as_ref()])?;
                from.push(store.clone());
            }
        }
        Ok(from)
    }
}

fn nickname(host_name: &str) -> String {
    format!("Coffer console of {host_name}")
}

/// The certificate of this name (DER).
fn certificate(store: &Path, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let listed = certutil(store, &["-L".as_ref(), "-n".as_ref(), name.as_ref(), "-r".as_ref()])?;
    Ok((listed.status.success() && !listed.stdout.is_empty()).then_some(listed.stdout))
}

fn run(store: &Path, arguments: &[&OsStr]) -> Result<(), StoreError> {
    let done = certutil(store, arguments)?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
    Err(StoreError::Failed { store: store.into(), said })
}

fn certutil(store: &Path, arguments: &[&OsStr]) -> Result<std::process::Output, StoreError> {
    let mut database = OsString::from("sql:");
    database.push(store);
    // It never asks for a password here: a database that has one says so, and is left as it is.
    let mut program = Command::new("certutil");
    program.arg("-d").arg(database).args(arguments).stdin(Stdio::null());
    program.output().map_err(StoreError::Run)
}
