//! A machine at the factory: a TPM answers the challenge, and then there is a record, which the verifier takes.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use attestation::Evidence;
use coffer_factory::credential;
use data_encoding::HEXLOWER;
use evidence_box::{Machine, Vendor};
use tempfile::TempDir;
use verifier::{Input, Outcome, Roots, appraise};

const NONCE: [u8; 32] = [0x11; 32];

struct Factory {
    folder: TempDir,
    vendor: Vendor,
    machine: Machine,
}

impl Factory {
    fn new() -> Factory {
        let vendor = Vendor::new();
        let machine = Machine::new(&vendor);
        let factory = Factory { folder: TempDir::new().unwrap(), vendor, machine };
        fs::create_dir_all(factory.path("roots/tpm")).unwrap();
        fs::write(factory.path("roots/tpm/root.der"), factory.machine.root()).unwrap();
        factory
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn evidence(&mut self) -> Evidence {
        // It has no record yet.
        let made =
            evidence_box::Made { nonce: NONCE.into(), bank: 0x0b, pcrs: attestation::evidence::QUOTED_PCRS.into() };
        let mut evidence = self.machine.open_evidence(&made);
        evidence.device_record = None;
        self.machine.seal(&mut evidence);
        fs::write(self.path("evidence"), evidence.to_bytes().unwrap()).unwrap();
        evidence
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coffer-factory"));
        command.current_dir(self.folder.path()).args(arguments).output().unwrap()
    }

    /// What the TPM answers to the file for tpm2_activatecredential.
    fn answer(&mut self) -> String {
        let file = fs::read(self.path("challenge")).unwrap();
        assert_eq!(file[..8], [0xba, 0xdc, 0xc0, 0xde, 0, 0, 0, 1]);
        let size = usize::from(u16::from_be_bytes([file[8], file[9]]));
        let (blob, secret) = (&file[10..10 + size], &file[12 + size..]);
        let attestation = self.machine.attestation.clone();
        let endorsement = self.machine.tpm.endorsement_key();
        let answer = self.machine.tpm.activate(&attestation, &endorsement, blob, secret);
        self.machine.tpm.flush(&endorsement);
        HEXLOWER.encode(&answer)
    }

    fn sign(&self, answer: &str) -> Output {
        let key = self.vendor.key("device-record");
        self.run(&[
            "sign-record",
            "--evidence",
            "evidence",
            "--keep",
            "kept",
            "--answer",
            answer,
            "--roots",
            "roots",
            "--serial",
            "CF-0009",
            "--model",
            "Coffer 1",
            "--date",
            "2026-11-30",
            "--key",
            key.to_str().unwrap(),
            "--out",
            "record",
        ])
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_tpm_that_answers_gets_a_record_and_no_other() {
    let mut factory = Factory::new();
    let mut evidence = factory.evidence();
    let made = factory.run(&["make-credential", "--evidence", "evidence", "--out", "challenge", "--keep", "kept"]);
    assert!(made.status.success(), "{}", text(&made));
    let answer = factory.answer();
    let wrong = factory.sign(&"00".repeat(32));
    assert!(!wrong.status.success() && text(&wrong).contains("check 5"), "{}", text(&wrong));
    assert!(!factory.path("record").exists());
    let signed = factory.sign(&answer);
    assert!(signed.status.success(), "{}", text(&signed));

    evidence.device_record = Some(fs::read(factory.path("record")).unwrap());
    factory.machine.seal(&mut evidence);
    let bytes = evidence.to_bytes().unwrap();
    let mut roots = Roots::default();
    roots.add_endorsement_root(factory.machine.root()).unwrap();
    roots.add_release_key(&factory.vendor.public("release")).unwrap();
    roots.add_device_record_key(&factory.vendor.public("device-record")).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let report = appraise(&Input {
        evidence: &bytes,
        reference: Some(&factory.vendor.signed_values(&Vendor::values())),
        roots: &roots,
        nonce: &NONCE,
        now,
        previous: None,
        serial: Some("CF-0009"),
        channel: None,
        activation: None,
        allow_development: false,
    })
    .unwrap();
    assert_eq!((report.outcome(), report.reasons()), (Outcome::Affirming, vec![]));

    // A TPM of no known maker gets none, whatever it answers.
    fs::remove_file(factory.path("roots/tpm/root.der")).unwrap();
    fs::remove_file(factory.path("record")).unwrap();
    let unknown = factory.sign(&answer);
    assert!(!unknown.status.success() && text(&unknown).contains("check 6"), "{}", text(&unknown));
}

#[test]
fn a_tpm_with_another_attestation_key_does_not_answer() {
    let mut factory = Factory::new();
    let endorsement = factory.machine.tpm.endorsement_key();
    let secret = [7; 20];
    let attestation = factory.machine.attestation.clone();
    let challenge = credential::make(&endorsement.public, &factory.machine.attestation_name(), &secret).unwrap();
    let answer = factory.machine.tpm.activate(&attestation, &endorsement, &challenge.credential, &challenge.secret);
    assert_eq!(answer, secret);
    let other = credential::make(&endorsement.public, &[0; 34], &secret).unwrap();
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        factory.machine.tpm.activate(&attestation, &endorsement, &other.credential, &other.secret)
    }));
    assert!(refused.is_err());
    assert!(credential::make(&endorsement.public, &[0; 34], &[0; 33]).is_err());
    assert!(credential::make(&[0; 8], &[0; 34], &secret).is_err());
}
