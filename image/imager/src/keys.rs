//! The vendor's keys: one for Secure Boot, two for the PCR policy, one for reference values. Development ones are made on first use.

mod development;
mod signing;

use std::path::{Path, PathBuf};

pub use signing::{Certificate, PolicyKey, SigningKey};
pub(crate) use signing::{public_key_in, verify};

use crate::digest::{sha256, sha256_hex};
use crate::error::{ImagerError, read};
use crate::tool::openssl;

/// A folder of keys, checked to be complete, to belong together, and of the kind that was asked for.
pub struct Keys {
    folder: PathBuf,
    pub secure_boot: SigningKey,
    early: PolicyKey,
    ready: PolicyKey,
    pub release: ReleaseKey,
}

/// The key that signs reference values: ECDSA on P-256, both halves in PEM.
pub struct ReleaseKey {
    pub private_pem: String,
    pub public_pem: String,
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

    /// The phases extended into PCR 11 by then, as systemd-measure writes them.
    pub fn path(self) -> &'static str {
        match self {
            PolicyPhase::Early => "enter-initrd",
            PolicyPhase::Ready => "enter-initrd:leave-initrd:sysinit:ready",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            PolicyPhase::Early => "pcr-early",
            PolicyPhase::Ready => "pcr-ready",
        }
    }
}

impl Keys {
    /// The vendor's keys. Development keys are refused: those that say so, and those of this machine.
    pub fn release(folder: &Path, development: &Path) -> Result<Keys, ImagerError> {
        let keys = Keys::open(folder)?;
        let refused = |what: &str| Err(problem(folder, &format!("{what}, and this is a release image")));
        if folder.join(development::MARK).exists() {
            return refused("these are development keys");
        }
        for name in KEY_FILES.iter().chain(&CERTIFICATE_FILES) {
            let file = folder.join(name);
            if file.exists() && says_development(&file)? {
                return refused(&format!("{name} is one of the development keys"));
            }
        }
        // A mark can be lost; a key cannot.
        if let Ok(known) = Keys::open(development)
            && let Some((name, _)) = keys.named().iter().find(|(_, key)| known.named().iter().any(|(_, k)| k == key))
        {
            return refused(&format!("{name} is one of this machine's development keys"));
        }
        Ok(keys)
    }

    /// The keys of this cache, made now if there are none.
    pub fn development(folder: &Path) -> Result<Keys, ImagerError> {
        development::provide(folder)?;
        Keys::open(folder)
    }

    fn open(folder: &Path) -> Result<Keys, ImagerError> {
        for name in ["PK.crt", "KEK.crt"] {
            if !folder.join(name).is_file() {
                return Err(problem(folder, &format!("{name} is missing")));
            }
        }
        // Those two sign nothing here, and their keys are better kept elsewhere.
        for name in ["PK", "KEK"] {
            let key = folder.join(format!("{name}.key"));
            if key.exists() {
                SigningKey::read(&key, &folder.join(format!("{name}.crt")))?;
            }
        }
        let policy = |phase: PolicyPhase| {
            let file = |end: &str| folder.join(format!("{}.{end}", phase.name()));
            PolicyKey::read(&file("key"), &file("pub"))
        };
        let keys = Keys {
            folder: folder.into(),
            secure_boot: SigningKey::read(&folder.join("db.key"), &folder.join("db.crt"))?,
            early: policy(PolicyPhase::Early)?,
            ready: policy(PolicyPhase::Ready)?,
            release: ReleaseKey::read(&folder.join("release.key"), &folder.join("release.pub"))?,
        };
        keys.all_different()?;
        Ok(keys)
    }

    pub fn certificate_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.crt"))
    }

    pub fn certificate(&self, name: &str) -> Result<Certificate, ImagerError> {
        Certificate::read(&self.certificate_path(name))
    }

    pub fn policy(&self, phase: PolicyPhase) -> &PolicyKey {
        match phase {
            PolicyPhase::Early => &self.early,
            PolicyPhase::Ready => &self.ready,
        }
    }

    pub fn policy_public_key(&self, phase: PolicyPhase) -> PathBuf {
        self.folder.join(format!("{}.pub", phase.name()))
    }

    fn named(&self) -> [(&'static str, &[u8]); 4] {
        [
            ("db", self.secure_boot.public_key()),
            (PolicyPhase::Early.name(), self.early.public_key()),
            (PolicyPhase::Ready.name(), self.ready.public_key()),
            ("release", self.release.public_pem.as_bytes()),
        ]
    }

    fn all_different(&self) -> Result<(), ImagerError> {
        let named = self.named();
        for (at, (name, key)) in named.iter().enumerate() {
            if let Some((other, _)) = named[..at].iter().find(|(_, k)| k == key) {
                return Err(problem(&self.folder, &format!("{name} and {other} are the same key")));
            }
        }
        Ok(())
    }
}

impl ReleaseKey {
    fn read(key: &Path, public: &Path) -> Result<ReleaseKey, ImagerError> {
        let read = ReleaseKey {
            private_pem: signing::pem_text(key, "PRIVATE KEY")?,
            public_pem: signing::pem_text(public, "PUBLIC KEY")?,
        };
        match openssl::run(&["pkey", "-pubout", "-in"], &[key])? == read.public_pem.as_bytes() {
            true => Ok(read),
            false => Err(problem(public, &format!("it is not of the key in {}", key.display()))),
        }
    }
}

const KEY_FILES: [&str; 6] = ["PK.key", "KEK.key", "db.key", "pcr-early.key", "pcr-ready.key", "release.key"];
const CERTIFICATE_FILES: [&str; 3] = ["PK.crt", "KEK.crt", "db.crt"];

/// In a certificate the name stands in DER, in a key's file above the key.
fn says_development(file: &Path) -> Result<bool, ImagerError> {
    let text = match file.extension().is_some_and(|e| e == "crt") {
        true => signing::pem(file, "CERTIFICATE")?,
        false => read(file)?,
    };
    Ok(String::from_utf8_lossy(&text).contains(development::NAME))
}

/// A GUID that follows from a text, so that it is the same in every build.
pub fn guid(text: &str) -> uuid::Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sha256(format!("coffer {text}").as_bytes())[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// How the development keys are told from others in a report: the hash of the Secure Boot certificate.
pub fn fingerprint(keys: &Keys) -> String {
    sha256_hex(keys.secure_boot.certificate().der())
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
