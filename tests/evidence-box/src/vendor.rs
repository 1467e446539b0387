//! The vendor: his release key and his factory's key, and what he signs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use attestation::event_log;
use attestation::own_log::PHASES;
use attestation::secure_boot;
use attestation::{DeviceRecord, Hash, ReferenceValues, SecureBoot, jws};
use tempfile::TempDir;

use crate::start::{Start, card_build, services};

const EV_EFI_BOOT_SERVICES_APPLICATION: u32 = 0x8000_0003;

pub struct Vendor {
    folder: TempDir,
}

impl Vendor {
    pub fn new() -> Vendor {
        let folder = TempDir::new().unwrap();
        for name in ["release", "device-record", "auditor"] {
            let key = folder.path().join(format!("{name}.key"));
            let key = key.to_str().unwrap();
            openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key]);
            let public = folder.path().join(format!("{name}.pem"));
            openssl(&["pkey", "-in", key, "-pubout", "-out", public.to_str().unwrap()]);
        }
        Vendor { folder }
    }

    /// A folder with NAME.key and NAME.pem for `release`, `device-record` and `auditor`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn key(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.key"))
    }

    pub fn private(&self, name: &str) -> String {
        fs::read_to_string(self.key(name)).unwrap()
    }

    pub fn public(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(format!("{name}.pem"))).unwrap()
    }

    /// The values of the release that the recorded box ran.
    pub fn values() -> ReferenceValues {
        let log = Start::recorded().firmware_log();
        let events = event_log::read(&log).unwrap();
        let keys = secure_boot::read(events.iter().filter(|e| e.pcr == 7)).unwrap();
        let started = events.iter().filter(|e| e.pcr == 4 && e.kind == EV_EFI_BOOT_SERVICES_APPLICATION);
        let programs = ["boot-loader", "image"].into_iter().zip(started).map(|(name, e)| (name.into(), Hash(e.digest)));
        let base = event_log::replay(&events)[&11];
        let ready = PHASES.iter().fold(base, |pcr, phase| Hash::of(&[pcr, Hash::of(phase.as_bytes()).0].concat()).0);
        ReferenceValues {
            format: 1,
            release: "0.1.0".into(),
            profile: "release".into(),
            development: false,
            security_version: 3,
            pcr11: BTreeMap::from([(String::new(), Hash(base)), (PHASES.join(":"), Hash(ready))]),
            programs: programs.collect(),
            secure_boot: SecureBoot { pk: keys.pk.certificates, kek: keys.kek.certificates, db: keys.db.certificates },
            services: Hash(services()),
            components: BTreeMap::new(),
            card_builds: vec![Hash(card_build())],
            refused_tpm_firmware: Vec::new(),
            service_key_policy: None,
        }
    }

    pub fn signed_values(&self, values: &ReferenceValues) -> Vec<u8> {
        jws::sign(values, &self.private("release")).unwrap()
    }

    pub fn signed_record(&self, record: &DeviceRecord) -> Vec<u8> {
        jws::sign(record, &self.private("device-record")).unwrap()
    }
}

impl Default for Vendor {
    fn default() -> Vendor {
        Vendor::new()
    }
}

pub fn openssl(arguments: &[&str]) {
    let done = Command::new("openssl").args(arguments).output().expect("openssl (scripts/in-root has it)");
    assert!(done.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}
