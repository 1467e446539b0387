//! The vendor's keys: one for Secure Boot, two for the PCR policy. Development ones are made on first use.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::BASE64_MIME_PERMISSIVE;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::digest::{sha256, sha256_hex};
use crate::error::{ImagerError, read, write};
use crate::tool::{Tool, openssl};

/// In a development key folder; a certificate made there also says so in its name.
const DEVELOPMENT_MARK: &str = "DEVELOPMENT-KEYS-PROTECT-NOTHING";
const DEVELOPMENT_NAME: &str = "Coffer development";

/// A folder of keys, checked to be complete and of the kind that was asked for.
pub struct Keys {
    folder: PathBuf,
    pub secure_boot: SigningKey,
}

/// The two states of PCR 11 in which something is unsealed. Each has a signing key of its own, because the TPM accepts any value
/// that a key signed: with one key, what the services unseal late could be unsealed early, and the other way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyPhase {
    /// The data volume.
    Early,
    /// What the services unseal.
    Ready,
}

impl PolicyPhase {
    pub const ALL: [PolicyPhase; 2] = [PolicyPhase::Early, PolicyPhase::Ready];

    /// The phases extended into PCR 11 by then, as ukify writes them.
    pub fn path(self) -> &'static str {
        match self {
            PolicyPhase::Early => "enter-initrd",
            PolicyPhase::Ready => "enter-initrd:leave-initrd:sysinit:ready",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            PolicyPhase::Early => "pcr-early",
            PolicyPhase::Ready => "pcr-ready",
        }
    }
}

impl Keys {
    /// The vendor's keys. Development keys are refused.
    pub fn release(folder: &Path) -> Result<Keys, ImagerError> {
        let keys = Keys::open(folder)?;
        let named = String::from_utf8_lossy(keys.secure_boot.certificate()).contains(DEVELOPMENT_NAME);
        if named || folder.join(DEVELOPMENT_MARK).exists() {
            return Err(problem(folder, "these are development keys, and this is a release image"));
        }
        Ok(keys)
    }

    /// The keys of this cache, made now if there are none.
    pub fn development(folder: &Path) -> Result<Keys, ImagerError> {
        let mark = folder.join(DEVELOPMENT_MARK);
        if !mark.exists() {
            let parent = folder.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(parent).map_err(ImagerError::file("make", parent))?;
            // Two images may be made at the same time: who waits finds the keys made. The lock ends with the file.
            let lock = folder.with_extension("lock");
            let file = File::create(&lock).map_err(ImagerError::file("make", &lock))?;
            file.lock().map_err(ImagerError::file("lock", &lock))?;
            if !mark.exists() {
                generate(folder)?;
            }
        }
        Keys::open(folder)
    }

    fn open(folder: &Path) -> Result<Keys, ImagerError> {
        for name in ["PK.crt", "KEK.crt", "pcr-early.key", "pcr-early.pub", "pcr-ready.key", "pcr-ready.pub"] {
            if !folder.join(name).is_file() {
                return Err(problem(folder, &format!("{name} is missing")));
            }
        }
        Ok(Keys {
            folder: folder.into(),
            secure_boot: SigningKey::read(&folder.join("db.key"), &folder.join("db.crt"))?,
        })
    }

    pub fn certificate_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.crt"))
    }

    pub fn policy_key(&self, phase: PolicyPhase) -> PathBuf {
        self.folder.join(format!("{}.key", phase.name()))
    }

    pub fn policy_public_key(&self, phase: PolicyPhase) -> PathBuf {
        self.folder.join(format!("{}.pub", phase.name()))
    }
}

/// An RSA key with its certificate.
pub struct SigningKey {
    pair: RsaKeyPair,
    certificate: Vec<u8>,
    folder: PathBuf,
}

impl SigningKey {
    pub fn read(key: &Path, certificate: &Path) -> Result<SigningKey, ImagerError> {
        let folder = key.parent().unwrap_or(Path::new(".")).to_path_buf();
        let der = pem(key, "PRIVATE KEY")?;
        let pair = RsaKeyPair::from_pkcs8(&der)
            .map_err(|e| problem(&folder, &format!("{}: not an RSA key in PKCS #8 ({e})", key.display())))?;
        let certificate = pem(certificate, "CERTIFICATE")?;
        Ok(SigningKey { pair, certificate, folder })
    }

    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// PKCS #1 v1.5 with SHA-256, which is deterministic.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ImagerError> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| problem(&self.folder, "the key cannot sign"))?;
        Ok(signature)
    }

    /// The issuer's name in DER and the bytes of the serial number.
    pub(crate) fn issuer_and_serial(&self) -> Result<(Vec<u8>, Vec<u8>), ImagerError> {
        let (_, certificate) = X509Certificate::from_der(&self.certificate)
            .map_err(|e| problem(&self.folder, &format!("the certificate is not readable ({e})")))?;
        Ok((certificate.issuer().as_raw().to_vec(), certificate.raw_serial().to_vec()))
    }
}

/// A GUID that follows from a text, so that it is the same in every build.
pub fn guid(text: &str) -> uuid::Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sha256(format!("coffer {text}").as_bytes())[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// How the development keys are told from others in a report: the hash of the Secure Boot certificate.
pub fn fingerprint(keys: &Keys) -> String {
    sha256_hex(keys.secure_boot.certificate())
}

fn generate(folder: &Path) -> Result<(), ImagerError> {
    // Made under another name and then moved: half a set of keys is never taken for a whole one.
    let new = folder.with_extension("new");
    let _ = fs::remove_dir_all(&new);
    DirBuilder::new().mode(0o700).create(&new).map_err(ImagerError::file("make", &new))?;
    for name in ["PK", "KEK", "db"] {
        let subject = format!("/O={DEVELOPMENT_NAME}/CN={DEVELOPMENT_NAME} {name}/");
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
    }
    write(
        &new.join(DEVELOPMENT_MARK),
        b"Made by imager. Anyone who has this folder can sign for boxes that trust it.\n",
    )?;
    let _ = fs::remove_dir_all(folder);
    fs::rename(&new, folder).map_err(ImagerError::file("make", folder))
}

fn pem(path: &Path, label: &str) -> Result<Vec<u8>, ImagerError> {
    let text = String::from_utf8_lossy(&read(path)?).into_owned();
    let bad = || problem(path, &format!("not a PEM file with a {label}"));
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----")).ok_or_else(bad)?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----")).ok_or_else(bad)?;
    BASE64_MIME_PERMISSIVE.decode(body.trim().as_bytes()).map_err(|_| bad())
}

fn problem(folder: &Path, problem: &str) -> ImagerError {
    ImagerError::Keys { folder: folder.into(), problem: problem.into() }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn who_builds_at_the_same_time_has_the_same_development_keys() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().join("keys/development");
        let keys: Vec<String> = thread::scope(|scope| {
            let builds: Vec<_> =
                (0..4).map(|_| scope.spawn(|| fingerprint(&Keys::development(&folder).unwrap()))).collect();
            builds.into_iter().map(|build| build.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }
}
