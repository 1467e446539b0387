//! What this machine keeps about a box: its address, its authority, this client's key and certificate.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{CliError, file};

/// The folder of one enrolment; it may not exist yet.
pub(crate) struct Profile {
    name: String,
    folder: PathBuf,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct BoxFile {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) device_id: String,
    pub(crate) client: String,
    pub(crate) role: String,
    /// SHA-256 of the TPM's attestation key, hexadecimal, as the first evidence showed it.
    #[serde(default)]
    pub(crate) attestation_key: Option<String>,
}

pub(crate) struct Enrolment {
    pub(crate) address: BoxFile,
    /// X.509, DER.
    pub(crate) authority: Vec<u8>,
    pub(crate) certificate: Vec<u8>,
    /// PKCS #8, DER.
    pub(crate) key: Zeroizing<Vec<u8>>,
}

impl Profile {
    pub(crate) fn at(config: Option<&Path>, name: &str) -> Result<Profile, CliError> {
        let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(fine) {
            return Err(CliError::Usage(format!(
                "the box's name {name:?}: letters, digits, '-', '_' and '.' are allowed"
            )));
        }
        let base = match config {
            Some(folder) => folder.to_path_buf(),
            None => default_folder()?,
        };
        Ok(Profile { name: name.to_string(), folder: base.join(name) })
    }

    pub(crate) fn load(&self) -> Result<Enrolment, CliError> {
        let path = self.folder.join("box.json");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Err(CliError::NotEnrolled { name: self.name.clone() }),
            Err(e) => return Err(file("reading", path)(e)),
        };
        let address =
            serde_json::from_str(&text).map_err(|e| CliError::Content { path: path.clone(), what: e.to_string() })?;
        Ok(Enrolment {
            address,
            authority: self.read("authority.der")?,
            certificate: self.read("client.der")?,
            key: Zeroizing::new(self.read("client.key")?),
        })
    }

    /// Kept only when all of it is written: box.json, which `load` begins with, is the last file.
    pub(crate) fn save(&self, enrolment: &Enrolment) -> Result<(), CliError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder).map_err(file("making", &self.folder))?;
        let described = serde_json::to_vec_pretty(&enrolment.address).unwrap_or_default();
        for (name, bytes) in [
            ("client.key", enrolment.key.as_slice()),
            ("client.der", &enrolment.certificate),
            ("authority.der", &enrolment.authority),
            ("box.json", &described),
        ] {
            self.write(name, bytes)?;
        }
        Ok(())
    }

    /// This enrolment's box has this TPM.
    pub(crate) fn know_tpm(&self, own: &Enrolment, attestation_key: &str) -> Result<(), CliError> {
        let address = BoxFile { attestation_key: Some(attestation_key.into()), ..own.address.clone() };
        self.write("box.json", &serde_json::to_vec_pretty(&address).unwrap_or_default())
    }

    /// Of a file beside the enrolment.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Moves what is there to a folder of its own, beside; its name there.
    pub(crate) fn set_aside(&self) -> Result<Option<String>, CliError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let name = format!("{}.until-{now}", self.name);
        match fs::rename(&self.folder, self.folder.with_file_name(&name)) {
            Ok(()) => Ok(Some(name)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(e) => Err(file("setting aside", &self.folder)(e)),
        }
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, CliError> {
        let path = self.folder.join(name);
        fs::read(&path).map_err(file("reading", path))
    }

    /// All of it or nothing.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), CliError> {
        let (path, beside) = (self.folder.join(name), self.folder.join(format!("{name}.new")));
        let _ = fs::remove_file(&beside);
        let mut opened = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)
            .map_err(file("making", &beside))?;
        opened.write_all(bytes).and_then(|()| opened.sync_all()).map_err(file("writing", &beside))?;
        fs::rename(&beside, &path).map_err(file("renaming", path))
    }
}

fn default_folder() -> Result<PathBuf, CliError> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("XDG_CONFIG_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".config")))
        .map(|folder| folder.join("coffer"))
        .ok_or_else(|| CliError::Usage("neither HOME nor XDG_CONFIG_HOME is set: give --config".into()))
}
