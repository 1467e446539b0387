//! What this machine keeps about a box: its address, its authority, this client's key and certificate.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{CliError, file};

/// What holds the disk's room for certificates until they come, and how much: more than a box sends.
const ROOM: &str = "room";
const ROOM_BYTES: usize = 64 << 10;

/// What the box's evidence is judged by, and the last one: they outlive a renewal.
pub(crate) const REFERENCE: &str = "reference.json";
pub(crate) const ROOTS: &str = "roots";
pub(crate) const EVIDENCE: &str = "evidence.cbor";
const JUDGED_BY: [&str; 3] = [REFERENCE, ROOTS, EVIDENCE];

/// The folder of one enrolment; it may not exist yet.
pub(crate) struct Profile {
    name: String,
    folder: PathBuf,
}

/// A new enrolment that is being written. Dropped before anything was issued for it, it leaves nothing.
pub(crate) struct Staged {
    folder: PathBuf,
    is_issued: bool,
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

    pub(crate) fn name(&self) -> &str {
        &self.name
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

    /// Makes room for another enrolment before a code is spent on it: a folder beside this one, with the key in it, and as much more as
    /// the rest will take. Where that cannot be written, nothing has happened yet.
    pub(crate) fn stage(&self, key: &[u8]) -> Result<Staged, CliError> {
        let folder = self.folder.with_file_name(format!(".{}.new", self.name));
        // What an earlier attempt left holds a key without a certificate.
        match fs::remove_dir_all(&folder) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(file("removing", &folder)(e)),
            _ => {}
        }
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(file("making", &folder))?;
        let staged = Staged { folder, is_issued: false };
        staged.write("client.key", key)?;
        staged.write(ROOM, &[0; ROOM_BYTES])?;
        Ok(staged)
    }

    /// Writes what was issued beside its key, and puts it in this one's place. What was there before is kept under a name that is
    /// returned, or, if it `is_void`, not at all.
    pub(crate) fn keep(
        &self,
        mut staged: Staged,
        enrolment: &Enrolment,
        is_void: bool,
    ) -> Result<Option<String>, CliError> {
        staged.is_issued = true;
        let room = staged.folder.join(ROOM);
        fs::remove_file(&room).map_err(file("removing", room))?;
        let described = serde_json::to_vec_pretty(&enrolment.address).unwrap_or_default();
        for (name, bytes) in [
            ("client.der", enrolment.certificate.as_slice()),
            ("authority.der", &enrolment.authority),
            ("box.json", &described),
        ] {
            staged.write(name, bytes)?;
        }
        let aside = self.set_aside()?;
        fs::rename(&staged.folder, &self.folder).map_err(file("renaming", &staged.folder))?;
        match aside {
            Some(name) if is_void => {
                let old = self.folder.with_file_name(name);
                for kept in JUDGED_BY {
                    match fs::rename(old.join(kept), self.folder.join(kept)) {
                        Err(e) if e.kind() != ErrorKind::NotFound => return Err(file("keeping", old.join(kept))(e)),
                        _ => {}
                    }
                }
                fs::remove_dir_all(&old).map_err(file("removing", old))?;
                Ok(None)
            }
            aside => Ok(aside),
        }
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
    fn set_aside(&self) -> Result<Option<String>, CliError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let free = |name: &String| !self.folder.with_file_name(name).exists();
        let names = (0..).map(|again| format!("{}.until-{}", self.name, now + again));
        let name = names.into_iter().find(free).unwrap_or_default();
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

impl Staged {
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), CliError> {
        let path = self.folder.join(name);
        let mut opened =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(file("making", &path))?;
        opened.write_all(bytes).and_then(|()| opened.sync_all()).map_err(file("writing", path))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Once it was issued, whatever is here is the only copy.
        if !self.is_issued {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn default_folder() -> Result<PathBuf, CliError> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("XDG_CONFIG_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".config")))
        .map(|folder| folder.join("coffer"))
        .ok_or_else(|| CliError::Usage("neither HOME nor XDG_CONFIG_HOME is set: give --config".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enrolment(device_id: &str) -> Enrolment {
        let address = BoxFile {
            host: "::1".into(),
            port: 1,
            device_id: device_id.into(),
            client: "c".into(),
            role: "operator".into(),
            attestation_key: None,
        };
        Enrolment { address, authority: vec![1], certificate: vec![2], key: Zeroizing::new(vec![3]) }
    }

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_staged_takes_the_place_of_what_was_there() {
        let base = tempfile::tempdir().unwrap();
        let profile = Profile::at(Some(base.path()), "default").unwrap();
        let stage = || profile.stage(&[3]).unwrap();
        assert_eq!(profile.keep(stage(), &enrolment("one"), false).unwrap(), None);
        assert_eq!(names(&base.path().join("default")), ["authority.der", "box.json", "client.der", "client.key"]);
        assert_eq!(profile.keep(stage(), &enrolment("two"), true).unwrap(), None);
        assert_eq!((profile.load().unwrap().address.device_id.as_str(), names(base.path()).len()), ("two", 1));
        // Twice in a second: both are kept.
        let first = profile.keep(stage(), &enrolment("three"), false).unwrap().unwrap();
        let second = profile.keep(stage(), &enrolment("four"), false).unwrap().unwrap();
        for (name, device_id) in [(first.as_str(), "two"), (&second, "three"), ("default", "four")] {
            let kept = Profile::at(Some(base.path()), name).unwrap().load().unwrap();
            assert_eq!((kept.address.device_id.as_str(), kept.key.as_slice()), (device_id, [3].as_slice()));
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_shows_before_and_leaves_nothing() {
        let base = tempfile::tempdir().unwrap();
        fs::write(base.path().join("a-file"), "").unwrap();
        let below_a_file = Profile::at(Some(&base.path().join("a-file")), "default").unwrap();
        assert!(matches!(below_a_file.stage(&[3]), Err(CliError::File { .. })));
        let profile = Profile::at(Some(base.path()), "default").unwrap();
        drop(profile.stage(&[3]).unwrap());
        assert_eq!(names(base.path()), ["a-file"]);
    }
}
