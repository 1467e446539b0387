//! A folder with everything that an auditor has.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use evidence_box::{Machine, Vendor};
use tempfile::TempDir;

pub(crate) const NONCE: [u8; 32] = [0xa5; 32];

pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    pub(crate) vendor: Vendor,
    pub(crate) machine: Machine,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let vendor = Vendor::new();
        let machine = Machine::new(&vendor);
        let desk = Desk { folder: TempDir::new().unwrap(), vendor, machine };
        fs::create_dir_all(desk.path("roots/tpm")).unwrap();
        fs::create_dir_all(desk.path("roots/tpm-intermediates")).unwrap();
        let (root, intermediate) = desk.machine.software.authority();
        fs::copy(root, desk.path("roots/tpm/maker.pem")).unwrap();
        fs::copy(intermediate, desk.path("roots/tpm-intermediates/maker.pem")).unwrap();
        fs::write(desk.path("roots/release.pem"), desk.vendor.public("release")).unwrap();
        fs::write(desk.path("roots/device-record.pem"), desk.vendor.public("device-record")).unwrap();
        fs::write(desk.path("reference.json"), desk.vendor.signed_values(&Vendor::values())).unwrap();
        desk
    }

    pub(crate) fn with_evidence() -> Desk {
        let mut desk = Desk::new();
        let evidence = desk.machine.evidence(&NONCE).to_bytes().unwrap();
        fs::write(desk.path("evidence.cbor"), evidence).unwrap();
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// coffer-verify with the four arguments that it needs, and these.
    pub(crate) fn verify(&self, more: &[&str]) -> Output {
        let mut command = self.program();
        command.args(["--evidence", "evidence.cbor", "--reference", "reference.json", "--roots", "roots", "--nonce"]);
        command.arg(data_encoding::HEXLOWER.encode(&NONCE)).args(more);
        command.output().unwrap()
    }

    /// In this folder, and with nothing of the environment.
    pub(crate) fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coffer-verify"));
        command.current_dir(self.folder.path()).env_clear();
        command
    }
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
