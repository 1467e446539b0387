//! A machine that makes evidence.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use attestation::evidence::{FORMAT, QUOTED_PCRS};
use attestation::{DeviceRecord, Endorsement, Evidence, Hash, Said, ServiceKey, Signed, name};
use tempfile::TempDir;

use crate::commands::{FLOOR, Key, Tpm};
use crate::start::Start;
use crate::swtpm::SoftwareTpm;
use crate::vendor::{Vendor, openssl};

/// fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, restricted, sign.
const ATTESTATION: u32 = 0x0005_0072;
/// The same without "restricted".
const UNRESTRICTED: u32 = 0x0004_0072;
/// fixedTPM, fixedParent, sensitiveDataOrigin, sign; its policy is the only way.
const SERVICE: u32 = 0x0004_0032;
const POLICY: [u8; 32] = [0x77; 32];

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Attestation,
    Unrestricted,
    Service,
    /// Signs without a policy.
    Free,
}

pub struct Machine {
    pub software: SoftwareTpm,
    pub tpm: Tpm,
    pub attestation: Key,
    pub service: Key,
    pub endorsement: Key,
    pub certificate: Vec<u8>,
    pub record: Vec<u8>,
    start: Start,
}

/// What goes into a file. Whoever changes it after the quote has changed what the TPM signed.
#[derive(Clone, Debug)]
pub struct Made {
    pub nonce: Vec<u8>,
    pub bank: u16,
    pub pcrs: Vec<u8>,
}

impl Machine {
    /// A machine from the factory, with its first security version set to 2, that has come up as it should.
    pub fn new(vendor: &Vendor) -> Machine {
        let mut software = SoftwareTpm::manufacture();
        let mut tpm = software.power_on();
        tpm.define_floor(2);
        tpm.shutdown();
        let mut machine = Machine {
            tpm: software.power_on(),
            software,
            attestation: Key { handle: 0, public: Vec::new() },
            service: Key { handle: 0, public: Vec::new() },
            endorsement: Key { handle: 0, public: Vec::new() },
            certificate: Vec::new(),
            record: Vec::new(),
            start: Start::recorded(),
        };
        machine.come_up(Start::recorded());
        machine.certificate = machine.tpm.endorsement_certificate();
        machine.record = vendor.signed_record(&machine.record_for("CF-0001"));
        machine
    }

    /// What the factory would say of this machine.
    pub fn record_for(&self, serial: &str) -> DeviceRecord {
        DeviceRecord {
            format: 1,
            serial: serial.into(),
            model: "Coffer 1".into(),
            endorsement_key: Hash::of(&self.endorsement.public),
            endorsement_certificate: Some(Hash::of(&self.certificate)),
            attestation_key: Hash::of(&self.attestation.public),
            date: "2026-11-30".into(),
        }
    }

    /// Switched off in order, and on again.
    pub fn restart(&mut self, start: Start) {
        self.tpm.shutdown();
        self.tpm = self.software.power_on();
        self.come_up(start);
    }

    /// Switched off at once, and on again.
    pub fn power_cut(&mut self, start: Start) {
        self.tpm = self.software.power_on();
        self.come_up(start);
    }

    fn come_up(&mut self, start: Start) {
        for (pcr, digest) in start.extended() {
            self.tpm.extend(u32::from(pcr), &digest);
        }
        self.endorsement = self.tpm.endorsement_key();
        self.tpm.flush(&self.endorsement);
        self.attestation = self.key(Kind::Attestation);
        self.service = self.key(Kind::Service);
        self.start = start;
    }

    pub fn key(&mut self, kind: Kind) -> Key {
        match kind {
            Kind::Attestation => self.tpm.signing_key(ATTESTATION, &[]),
            Kind::Unrestricted => self.tpm.signing_key(UNRESTRICTED, &[]),
            Kind::Service => self.tpm.signing_key(SERVICE, &POLICY),
            Kind::Free => self.tpm.signing_key(UNRESTRICTED, &[1; 32]),
        }
    }

    /// The evidence that it makes for this nonce.
    pub fn evidence(&mut self, nonce: &[u8]) -> Evidence {
        self.evidence_of(&Made { nonce: nonce.into(), bank: 0x0b, pcrs: QUOTED_PCRS.into() })
    }

    /// Everything but the certification of the service's key, which covers it: see [`Machine::seal`].
    pub fn open_evidence(&mut self, made: &Made) -> Evidence {
        let pcrs: BTreeMap<_, _> = QUOTED_PCRS.into_iter().map(|index| (index, self.tpm.pcr(index).into())).collect();
        let floor = signed(self.tpm.certify_index(FLOOR, &self.attestation, &made.nonce));
        let quote = signed(self.tpm.quote(&self.attestation, &made.nonce, made.bank, &made.pcrs));
        Evidence {
            format: FORMAT,
            nonce: made.nonce.clone(),
            attestation_key: self.attestation.public.clone(),
            quote,
            pcrs,
            firmware_log: self.start.firmware_log(),
            own_log: self.start.own_log(),
            endorsement: Endorsement {
                key: Some(self.endorsement.public.clone()),
                certificate: Some(self.certificate.clone()),
                intermediates: vec![der(&self.software.authority().1).into()],
            },
            device_record: Some(self.record.clone()),
            service_key: Some(ServiceKey {
                public: self.service.public.clone(),
                certified: Signed::default(),
                certificate: certificate(&self.service.public),
            }),
            floor: Some(floor),
            said: Said { version: "0.1.0".into(), image: "a+3.efi".into(), clock: 1_795_000_000, audit_head: None },
        }
    }

    /// Has the TPM certify the service's key for this file.
    pub fn seal(&mut self, evidence: &mut Evidence) {
        let certified = signed(self.tpm.certify(&self.service, &self.attestation, &evidence.binding()));
        if let Some(key) = &mut evidence.service_key {
            key.certified = certified;
        }
    }

    pub fn evidence_of(&mut self, made: &Made) -> Evidence {
        let mut evidence = self.open_evidence(made);
        self.seal(&mut evidence);
        evidence
    }

    /// Name of the attestation key.
    pub fn attestation_name(&self) -> Vec<u8> {
        name(&self.attestation.public)
    }

    /// The root that vouches for its TPM, DER.
    pub fn root(&self) -> Vec<u8> {
        der(&self.software.authority().0)
    }
}

fn signed((attest, signature): (Vec<u8>, Vec<u8>)) -> Signed {
    Signed { attest, signature }
}

fn der(pem: &Path) -> Vec<u8> {
    let out = Command::new("openssl").args(["x509", "-outform", "DER", "-in"]).arg(pem).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

/// A certificate for this key (TPMT_PUBLIC), as the box's authority would issue it: DER.
fn certificate(public: &[u8]) -> Vec<u8> {
    // SubjectPublicKeyInfo of a P-256 key, up to its point.
    const PREFIX: [u8; 26] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    let point = attestation::KeyPublic::read(public).unwrap().point;
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    fs::write(path("key.der"), [&PREFIX[..], &point].concat()).unwrap();
    openssl(&["pkey", "-pubin", "-inform", "DER", "-in", &path("key.der"), "-pubout", "-out", &path("key.pem")]);
    let curve = "ec_paramgen_curve:P-256";
    openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", curve, "-out", &path("authority.key")]);
    #[rustfmt::skip]
    openssl(&["x509", "-new", "-force_pubkey", &path("key.pem"), "-key", &path("authority.key"), "-subj", "/CN=coffer",
        "-days", "3650", "-outform", "DER", "-out", &path("service.der")]);
    fs::read(path("service.der")).unwrap()
}
