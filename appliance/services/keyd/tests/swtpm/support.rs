//! A software TPM and a vendor for the tests: swtpm on a unix socket, openssl for the vendor's keys and signatures.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};
use ipc::Channel;
use ipc::control::PcrPolicy;
use ipc::early::{Reply, Request, Wanted};
use keyd::tpm::{Phase, Policy, Tpm};
use keyd::{early, ownership};
use secrets::Secret;
use tempfile::TempDir;
use tss_esapi::tcti_ldr::TctiNameConf;

/// The one that is on, and its state.
pub(crate) struct SoftwareTpm {
    on: software_tpm::SoftwareTpm,
    state: TempDir,
}

impl SoftwareTpm {
    pub(crate) fn new() -> SoftwareTpm {
        SoftwareTpm::booted(TempDir::new().unwrap())
    }

    /// One whose firmware measured nothing.
    pub(crate) fn unmeasured() -> SoftwareTpm {
        SoftwareTpm::power_on(TempDir::new().unwrap())
    }

    /// A reboot: the same state, reset PCRs.
    pub(crate) fn reboot(self) -> SoftwareTpm {
        let SoftwareTpm { on, state } = self;
        drop(on);
        SoftwareTpm::booted(state)
    }

    /// Another one with the same state, as of now.
    pub(crate) fn copy(&self) -> SoftwareTpm {
        let state = TempDir::new().unwrap();
        for entry in std::fs::read_dir(self.state.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::copy(&path, state.path().join(path.file_name().unwrap())).unwrap();
            }
        }
        SoftwareTpm::booted(state)
    }

    /// Keeps PCRs in this bank alone, from the next boot on, which is now.
    pub(crate) fn with_bank(self, bank: &str) -> SoftwareTpm {
        let banks: Vec<String> = ["sha1", "sha256", "sha384", "sha512"]
            .map(|b| format!("{b}:{}", if b == bank { "all" } else { "none" }))
            .to_vec();
        self.tool("tpm2_pcrallocate", &[&banks.join("+")]);
        self.reboot()
    }

    /// As the firmware's set-up does it: owner and endorsement hierarchy begin anew.
    pub(crate) fn clear(&self) {
        self.tool("tpm2_clear", &["-c", "platform"]);
    }

    /// As systemd-stub does with parameters that are not the image's own.
    pub(crate) fn extend_pcr12(&self) {
        self.extend(12, "ab");
    }

    /// As a firmware does whose Secure Boot is in another state, or whose keys are others.
    pub(crate) fn extend_pcr7(&self) {
        self.extend(7, "cd");
    }

    fn extend(&self, pcr: u8, byte: &str) {
        self.tool("tpm2_pcrextend", &[&format!("{pcr}:sha256={}", byte.repeat(32))]);
    }

    pub(crate) fn tool(&self, program: &str, arguments: &[&str]) {
        self.on.tool(program, arguments);
    }

    /// Whether a program of tpm2-tools succeeds.
    pub(crate) fn runs(&self, program: &str, arguments: &[&str]) -> bool {
        self.on.runs(program, arguments)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.on.socket()
    }

    pub(crate) fn tcti(&self) -> TctiNameConf {
        TctiNameConf::from_str(&self.on.tcti()).unwrap()
    }

    fn power_on(state: TempDir) -> SoftwareTpm {
        SoftwareTpm { on: software_tpm::SoftwareTpm::power_on(state.path()), state }
    }

    /// As it leaves the firmware.
    fn booted(state: TempDir) -> SoftwareTpm {
        let software = SoftwareTpm::power_on(state);
        // What a firmware says of Secure Boot.
        software.extend(7, "5b");
        software
    }
}

/// The vendor's two PCR signing keys.
pub(crate) struct Vendor {
    folder: TempDir,
}

impl Vendor {
    pub(crate) fn new() -> Vendor {
        let folder = TempDir::new().unwrap();
        for name in ["early", "ready"] {
            let key = folder.path().join(format!("{name}.key"));
            openssl(&[
                "genpkey",
                "-algorithm",
                "RSA",
                "-pkeyopt",
                "rsa_keygen_bits:2048",
                "-out",
                key.to_str().unwrap(),
            ]);
            let public = folder.path().join(format!("{name}.pub"));
            openssl(&["pkey", "-in", key.to_str().unwrap(), "-pubout", "-out", public.to_str().unwrap()]);
        }
        Vendor { folder }
    }

    /// An image of security version 1: see [`Vendor::versioned`].
    pub(crate) fn policy(&self, image: [u8; 32]) -> PcrPolicy {
        self.versioned(image, 1)
    }

    /// Signs an image whose PCR 11 is `image` before any phase: the early key its "enter-initrd", the other key its "ready".
    pub(crate) fn versioned(&self, image: [u8; 32], version: u8) -> PcrPolicy {
        let early = extended(image, &["enter-initrd"]);
        let ready = extended(early, &["leave-initrd", "sysinit", "ready"]);
        let entries = [self.sign("early", early, version), self.sign("ready", ready, version)].join(",");
        let read = |name: &str| std::fs::read_to_string(self.folder.path().join(name)).unwrap();
        PcrPolicy {
            signature_json: format!("{{\"sha256\":[{entries}]}}"),
            public_key_pem: read("early.pub"),
            service_public_key_pem: read("ready.pub"),
        }
    }

    fn sign(&self, key: &str, pcr11: [u8; 32], version: u8) -> String {
        // TPM 2.0 part 3, 23.7 and 23.9, written out once more, on their own.
        let mut message = vec![0u8; 32];
        message.extend([0, 0, 1, 0x7f, 0, 0, 0, 1, 0, 0x0b, 3, 0, 8, 0]);
        message.extend(sha256(&pcr11));
        let mut arguments = (!0u64 << (version + 1)).to_be_bytes().to_vec();
        arguments.extend([0, 0, 0, 0x0b]);
        let index = [0x01, 0x80, 0x01, 0x10, 0, 0x0b, 0x22, 0x06, 0, 0x22, 0, 0, 0, 8];
        let name = [&[0, 0x0b][..], &sha256(&index)].concat();
        let pol = sha256(&[&sha256(&message)[..], &[0, 0, 1, 0x49], &sha256(&arguments), &name].concat());
        let (data, out) = (self.folder.path().join("data"), self.folder.path().join("sig"));
        std::fs::write(&data, pol).unwrap();
        let key = self.folder.path().join(format!("{key}.key"));
        let paths: [&Path; 3] = [&key, &out, &data];
        let [key, out, data] = paths.map(|p| p.to_str().unwrap());
        openssl(&["dgst", "-sha256", "-sign", key, "-out", out, data]);
        let sig = BASE64.encode(&std::fs::read(out).unwrap());
        format!(
            "{{\"pcrs\":[11],\"pkfp\":\"\",\"pol\":\"{}\",\"sig\":\"{sig}\",\"coffer-security-version\":{version}}}",
            HEXLOWER.encode(&pol)
        )
    }
}

/// A TPM in the last phase of a boot of the image whose PCR 11 is zero. It is made the box's first, as the first boot does.
pub(crate) fn ready(software: &SoftwareTpm, policy: &PcrPolicy) -> Tpm {
    let mut tpm = in_last_phase(software, policy);
    let parsed = |phase| Policy::parse(policy, phase).unwrap();
    ownership::use_kept(&mut tpm, &parsed(Phase::Early), &parsed(Phase::Ready)).unwrap();
    tpm
}

/// As [`ready`], before keyd has used what the TPM keeps for it.
pub(crate) fn in_last_phase(software: &SoftwareTpm, policy: &PcrPolicy) -> Tpm {
    let (ours, theirs) = Channel::pair().unwrap();
    let tcti = software.tcti();
    let early = std::thread::spawn(move || early::run(Tpm::open(tcti), &Channel::from_fd(theirs)));
    let channel = Channel::from_fd(ours);
    let key = || Secret::new(vec![1; 32]);
    // Where it refuses, the volume was opened with the recovery key all the same.
    for request in [
        Request::Enter { policy: policy.clone(), secure_boot: true },
        Request::Seal(Wanted { key: key(), recovery: key(), owner: None }),
        Request::Leave { sealed: None, loaded: Vec::new() },
    ] {
        let _: Reply = channel.call(&request).unwrap();
    }
    drop(channel);
    early.join().unwrap().unwrap();
    Tpm::open(software.tcti()).unwrap()
}

pub(crate) fn extended(mut pcr: [u8; 32], phases: &[&str]) -> [u8; 32] {
    for phase in phases {
        pcr = sha256(&[pcr, sha256(phase.as_bytes())].concat());
    }
    pcr
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().try_into().unwrap()
}

fn openssl(arguments: &[&str]) {
    let done = Command::new("openssl").args(arguments).stderr(Stdio::null()).status().unwrap();
    assert!(done.success(), "openssl {arguments:?}");
}
