//! The recovery key: as people read and write it, and as the volume keeps it until a person says that it is written down.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use data_encoding::{Encoding, Specification};
use secrets::Secret;
use zeroize::Zeroizing;

use crate::error::{VolumeError, file};

/// Random bytes of a recovery key.
pub const BYTES: usize = 20;

/// Before the key in its file: the format, and its version.
const HEAD: &[u8] = b"coffer recovery key 1\n";

/// The passphrase, as it is printed, to the letter: the bytes in Crockford's base 32, in groups of four.
pub fn printed(bytes: &Secret) -> Secret {
    let text = Zeroizing::new(crockford().encode(bytes.expose()));
    Secret::new(grouped(text.as_bytes()))
}

/// The passphrase that was typed. People may write small letters, spaces, I and L for 1, O for 0.
pub fn typed(line: &str) -> Secret {
    let letters = line.bytes().filter(u8::is_ascii_alphanumeric).map(|letter| match letter.to_ascii_uppercase() {
        b'I' | b'L' => b'1',
        b'O' => b'0',
        letter => letter,
    });
    Secret::new(grouped(&Zeroizing::new(letters.collect::<Vec<u8>>())))
}

/// The key of the mounted volume, until [`confirm_recovery_key`].
pub fn unconfirmed_recovery_key(mounted: &Path) -> Result<Option<Secret>, VolumeError> {
    let path = path(mounted);
    let content = match fs::read(&path) {
        Ok(content) => Zeroizing::new(content),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(file("reading", &path)(e)),
    };
    match content.strip_prefix(HEAD) {
        Some(key) => Ok(Some(Secret::copy_of(key.trim_ascii_end()))),
        None => Err(VolumeError::Content { path, what: "not a recovery key, or of a later version" }),
    }
}

/// A person has it: it is shown no more.
pub fn confirm_recovery_key(mounted: &Path) -> Result<(), VolumeError> {
    let path = path(mounted);
    durable_files::remove(&path).map_err(file("removing", &path))
}

/// Keeps it in the new volume, for root alone.
pub(crate) fn keep(mounted: &Path, key: &Secret) -> Result<(), VolumeError> {
    let path = path(mounted);
    let folder = durable_files::folder_of(&path);
    durable_files::make_folder(folder).map_err(file("making", folder))?;
    fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(file("restricting", folder))?;
    let content = Zeroizing::new([HEAD, key.expose(), b"\n"].concat());
    durable_files::replace(&path, &content).map_err(file("writing", &path))
}

fn path(mounted: &Path) -> PathBuf {
    mounted.join("data-volume/recovery-key")
}

fn grouped(letters: &[u8]) -> Vec<u8> {
    letters.chunks(4).collect::<Vec<_>>().join(&b'-')
}

fn crockford() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    specification.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Secret {
        printed(&Secret::new((0..BYTES as u8).map(|i| i.wrapping_mul(77).wrapping_add(9)).collect()))
    }

    #[test]
    fn a_recovery_key_survives_handwriting() {
        let key = key();
        let text = std::str::from_utf8(key.expose()).unwrap();
        assert_eq!(text.len(), 39);
        let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert!(typed(&sloppy).equals(&key));
    }

    #[test]
    fn it_is_kept_until_it_is_confirmed() {
        let mounted = tempfile::tempdir().unwrap();
        assert!(unconfirmed_recovery_key(mounted.path()).unwrap().is_none());
        keep(mounted.path(), &key()).unwrap();
        assert!(unconfirmed_recovery_key(mounted.path()).unwrap().unwrap().equals(&key()));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&mounted.path().join("data-volume")), 0o700);
        confirm_recovery_key(mounted.path()).unwrap();
        confirm_recovery_key(mounted.path()).unwrap();
        assert!(unconfirmed_recovery_key(mounted.path()).unwrap().is_none());
    }

    #[test]
    fn a_file_of_another_version_is_no_key() {
        let mounted = tempfile::tempdir().unwrap();
        keep(mounted.path(), &key()).unwrap();
        fs::write(path(mounted.path()), b"coffer recovery key 2\nX").unwrap();
        assert!(matches!(unconfirmed_recovery_key(mounted.path()), Err(VolumeError::Content { .. })));
    }
}
