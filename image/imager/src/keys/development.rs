//! Keys of a developer's machine: made on first use, marked wherever a mark can stand, and worth nothing.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::Command;

use super::PolicyPhase;
use crate::error::{ImagerError, read, write};
use crate::tool::{Tool, openssl};

/// In a development key folder.
pub(super) const MARK: &str = "DEVELOPMENT-KEYS-PROTECT-NOTHING";
/// In a certificate's name, and above a key that has no certificate.
pub(super) const NAME: &str = "Coffer development";

/// Makes the keys of this folder if there are none.
pub(super) fn provide(folder: &Path) -> Result<(), ImagerError> {
    let whole = || folder.join(MARK).exists() && folder.join("release.key").exists();
    if whole() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(ImagerError::file("make", parent))?;
    // Two images may be made at the same time: who waits finds the keys made. The lock ends with the file.
    let lock = folder.with_extension("lock");
    let file = File::create(&lock).map_err(ImagerError::file("make", &lock))?;
    file.lock().map_err(ImagerError::file("lock", &lock))?;
    if !folder.join(MARK).exists() {
        generate(folder)?;
    }
    match whole() {
        true => Ok(()),
        // The folder is older than this key.
        false => generate_release_key(folder),
    }
}

/// For reference values, ECDSA on P-256. The key comes last, so that half of it is never taken for a whole one.
fn generate_release_key(folder: &Path) -> Result<(), ImagerError> {
    let (key, new, public) = (folder.join("release.key"), folder.join("release.new"), folder.join("release.pub"));
    openssl::run(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"], &[&new])?;
    openssl::run(&["pkey", "-pubout", "-in"], &[&new, Path::new("-out"), &public])?;
    write(&new, &[format!("{NAME} release\n").as_bytes(), &read(&new)?].concat())?;
    fs::rename(&new, &key).map_err(ImagerError::file("make", &key))
}

fn generate(folder: &Path) -> Result<(), ImagerError> {
    // Made under another name and then moved: half a set of keys is never taken for a whole one.
    let new = folder.with_extension("new");
    let _ = fs::remove_dir_all(&new);
    DirBuilder::new().mode(0o700).create(&new).map_err(ImagerError::file("make", &new))?;
    for name in ["PK", "KEK", "db"] {
        let subject = format!("/O={NAME}/CN={NAME} {name}/");
        let mut request = Command::new("openssl");
        request.args([
            "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "7300", "-subj", &subject,
        ]);
        request.arg("-keyout").arg(new.join(format!("{name}.key"))).arg("-out").arg(new.join(format!("{name}.crt")));
        Tool::new(request, openssl::SECONDS).run()?;
    }
    for phase in PolicyPhase::ALL {
        let (key, public) = (new.join(format!("{}.key", phase.name())), new.join(format!("{}.pub", phase.name())));
        openssl::run(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out"], &[&key])?;
        openssl::run(&["pkey", "-pubout", "-in"], &[&key, Path::new("-out"), &public])?;
        // RFC 7468, 2: text before the key is for people.
        write(&key, &[format!("{NAME} {}\n", phase.name()).as_bytes(), &read(&key)?].concat())?;
    }
    generate_release_key(&new)?;
    write(&new.join(MARK), b"Made by imager. Anyone who has this folder can sign for boxes that trust it.\n")?;
    let _ = fs::remove_dir_all(folder);
    fs::rename(&new, folder).map_err(ImagerError::file("make", folder))
}
