//! The thief has the disk, the machine with its TPM, and what the vendor published: the image, its PCR values and signatures. He starts a
//! system of his own and extends PCR 11 with the public hashes. His tools are tpm2-tools; nothing of ours helps him.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use data_encoding::{BASE64, HEXLOWER};
use ipc::control::PcrPolicy;
use ipc::early::Sealed;
use keyd::tpm::{LATE_PHASES, Phase, Policy};
use secrets::Secret;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{SoftwareTpm, Vendor, extended, ready, sha256};

/// What is approved in this phase, and the phases that PCR 11 has gone through by then.
const EARLY: (&str, &[&str]) = ("0x01800112", &["enter-initrd"]);
const READY: (&str, &[&str]) = ("0x01800113", &["enter-initrd", LATE_PHASES[0], LATE_PHASES[1], LATE_PHASES[2]]);

struct Thief<'a> {
    software: &'a SoftwareTpm,
    folder: TempDir,
}

impl Thief<'_> {
    /// In a system of his own: PCR 11 is what the vendor signed, by public hashes.
    fn at<'a>(software: &'a SoftwareTpm, phases: &[&str]) -> Thief<'a> {
        let thief = Thief { software, folder: TempDir::new().unwrap() };
        for phase in phases {
            let digest = HEXLOWER.encode(&sha256(phase.as_bytes()));
            thief.must("tpm2_pcrextend", &[&format!("11:sha256={digest}")]);
        }
        thief
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, content: &[u8]) -> String {
        std::fs::write(self.folder.path().join(name), content).unwrap();
        self.path(name)
    }

    fn can(&self, program: &str, arguments: &[&str]) -> bool {
        let done = self.software.runs(program, arguments);
        // There is no resource manager here, and three places.
        self.software.runs("tpm2_flushcontext", &["-t"]);
        done
    }

    fn must(&self, program: &str, arguments: &[&str]) {
        assert!(self.can(program, arguments), "{program} {arguments:?}");
    }

    /// The public part of the vendor's key for this phase, loaded; its Name.
    fn vendor(&self, pem: &str) -> (String, String) {
        let pem = self.write("vendor.pem", pem.as_bytes());
        let printed = Command::new("openssl").args(["rsa", "-pubin", "-in", &pem, "-modulus", "-noout"]).output();
        let printed = String::from_utf8(printed.unwrap().stdout).unwrap().trim().to_lowercase();
        let modulus = HEXLOWER.decode(printed.trim_start_matches("modulus=").as_bytes()).unwrap();
        // TPMT_PUBLIC, as the policy names the key: RSA 2048, SHA-256, userWithAuth and sign, no scheme, exponent 0.
        let head = [0, 1, 0, 0x0b, 0, 4, 0, 0x40, 0, 0, 0, 0x10, 0, 0x10, 8, 0, 0, 0, 0, 0, 1, 0];
        let public = [&head[..], &modulus].concat();
        let public = self.write("vendor.pub", &[&(public.len() as u16).to_be_bytes()[..], &public].concat());
        let (key, name) = (self.path("vendor.ctx"), self.path("vendor.name"));
        self.must("tpm2_loadexternal", &["-Q", "-C", "o", "-u", &public, "-c", &key, "-n", &name]);
        (key, name)
    }

    /// The storage root key of a blob, as it stands in the TPM, and the object loaded under it.
    fn load(&self, sealed: &Sealed) -> String {
        let sized = |hex: &str| {
            let bytes = HEXLOWER.decode(hex.as_bytes()).unwrap();
            [&(bytes.len() as u16).to_be_bytes()[..], &bytes].concat()
        };
        let (public, private) =
            (self.write("pub", &sized(&sealed.public)), self.write("priv", &sized(&sealed.private)));
        let object = self.path("object.ctx");
        self.must("tpm2_load", &["-Q", "-C", "0x81008c01", "-u", &public, "-r", &private, "-c", &object]);
        object
    }

    /// Goes the whole way that the policy asks for, as far as it lets him; what he unsealed.
    fn unseal(&self, sealed: &Sealed, policy: &PcrPolicy, pem: &str, pcr11: [u8; 32], index: &str) -> Option<Vec<u8>> {
        let (object, (vendor, name)) = (self.load(sealed), self.vendor(pem));
        let (pol, signature) = signed(policy, pcr11)?;
        let (pol, signature) = (self.write("pol", &pol), self.write("sig", &signature));
        let (ticket, session) = (self.path("ticket"), self.path("session"));
        let bits = self.write("bits", &(!0u64 << 2).to_be_bytes());
        let out = self.path("out");
        let steps: [(&str, Vec<&str>); 8] = [
            (
                "tpm2_verifysignature",
                vec!["-Q", "-c", &vendor, "-g", "sha256", "-m", &pol, "-s", &signature, "-f", "rsassa", "-t", &ticket],
            ),
            ("tpm2_startauthsession", vec!["--policy-session", "-S", &session]),
            ("tpm2_policypcr", vec!["-Q", "-S", &session, "-l", "sha256:11"]),
            ("tpm2_policynv", vec!["-Q", "-S", &session, "-C", "0x01800110", "-i", &bits, "0x01800110", "bc"]),
            ("tpm2_policyauthorize", vec!["-Q", "-S", &session, "-i", &pol, "-n", &name, "-t", &ticket]),
            ("tpm2_policypcr", vec!["-Q", "-S", &session, "-l", "sha256:7,12"]),
            ("tpm2_policyauthorizenv", vec!["-Q", "-S", &session, "-C", index, index]),
            ("tpm2_unseal", vec!["-Q", "-c", &object, "-p", "SESSION", "-o", &out]),
        ];
        let with_session = format!("session:{session}");
        for (program, mut arguments) in steps {
            arguments.iter_mut().filter(|a| **a == "SESSION").for_each(|a| *a = &with_session);
            if !self.can(program, &arguments) {
                eprintln!("he fails at {program}");
                return None;
            }
        }
        std::fs::read(out).ok()
    }

    /// Today's policy of before, PolicyAuthorize(PCR 11) and PCR 12 == 0, on an object that the box sealed: the same attack's control.
    fn unseal_by_the_old_policy(&self, pcr11: [u8; 32]) -> bool {
        let vendor = OldVendor::new(&self.folder);
        let (key, name) = self.vendor(&vendor.pem);
        let (session, trial, digest) = (self.path("old"), self.path("trial"), self.path("digest"));
        let (pol, signature, ticket) =
            (self.write("oldpol", &pcr_policy(pcr11)), self.path("oldsig"), self.path("oldticket"));
        std::fs::write(&signature, vendor.sign(&pol)).unwrap();
        // What the box did.
        let secret = self.write("secret", b"the volume's key");
        let (public, private, object) = (self.path("oldpub"), self.path("oldpriv"), self.path("oldobject"));
        self.must(
            "tpm2_verifysignature",
            &["-Q", "-c", &key, "-g", "sha256", "-m", &pol, "-s", &signature, "-f", "rsassa", "-t", &ticket],
        );
        self.must("tpm2_startauthsession", &["-S", &trial]);
        self.must("tpm2_policyauthorize", &["-Q", "-S", &trial, "-i", &pol, "-n", &name, "-t", &ticket]);
        self.must("tpm2_policypcr", &["-Q", "-S", &trial, "-l", "sha256:12", "-L", &digest]);
        self.must("tpm2_flushcontext", &[&trial]);
        self.must(
            "tpm2_create",
            &[
                "-Q",
                "-C",
                "0x81008c01",
                "-L",
                &digest,
                "-a",
                "fixedtpm|fixedparent|noda|adminwithpolicy",
                "-i",
                &secret,
                "-u",
                &public,
                "-r",
                &private,
            ],
        );
        // What the thief does.
        self.must("tpm2_load", &["-Q", "-C", "0x81008c01", "-u", &public, "-r", &private, "-c", &object]);
        self.must("tpm2_startauthsession", &["--policy-session", "-S", &session]);
        self.must("tpm2_policypcr", &["-Q", "-S", &session, "-l", "sha256:11"]);
        self.must("tpm2_policyauthorize", &["-Q", "-S", &session, "-i", &pol, "-n", &name, "-t", &ticket]);
        self.must("tpm2_policypcr", &["-Q", "-S", &session, "-l", "sha256:12"]);
        let out = self.path("oldout");
        self.can("tpm2_unseal", &["-Q", "-c", &object, "-p", &format!("session:{session}"), "-o", &out])
            && std::fs::read(out).unwrap() == b"the volume's key"
    }
}

/// A vendor who signs PolicyPCR(PCR 11) alone, as before.
struct OldVendor {
    key: PathBuf,
    pem: String,
}

impl OldVendor {
    fn new(folder: &TempDir) -> OldVendor {
        let (key, public) = (folder.path().join("old.key"), folder.path().join("old.pub"));
        let run = |arguments: &[&str]| {
            let done = Command::new("openssl").args(arguments).stderr(Stdio::null()).status();
            assert!(done.unwrap().success());
        };
        let [key_path, public_path] = [&key, &public].map(|p| p.display().to_string());
        run(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", &key_path]);
        run(&["pkey", "-in", &key_path, "-pubout", "-out", &public_path]);
        OldVendor { pem: std::fs::read_to_string(public).unwrap(), key }
    }

    fn sign(&self, path: &str) -> Vec<u8> {
        let key = self.key.display().to_string();
        let signed = Command::new("openssl").args(["dgst", "-sha256", "-sign", &key, path]).output();
        signed.unwrap().stdout
    }
}

/// TPM 2.0 part 3, 23.7.
fn pcr_policy(pcr11: [u8; 32]) -> [u8; 32] {
    let mut message = vec![0u8; 32];
    message.extend([0, 0, 1, 0x7f, 0, 0, 0, 1, 0, 0x0b, 3, 0, 8, 0]);
    message.extend(sha256(&pcr11));
    sha256(&message)
}

/// The published entry for this value of PCR 11.
fn signed(policy: &PcrPolicy, pcr11: [u8; 32]) -> Option<(Vec<u8>, Vec<u8>)> {
    let file: Value = serde_json::from_str(&policy.signature_json).unwrap();
    let mut entries = file["sha256"].as_array().unwrap().iter();
    let phase = if pcr11 == extended([0; 32], EARLY.1) { entries.next() } else { entries.nth(1) }?;
    let text = |name: &str| phase[name].as_str().unwrap().to_string();
    Some((HEXLOWER.decode(text("pol").as_bytes()).unwrap(), BASE64.decode(text("sig").as_bytes()).unwrap()))
}

/// Secure Boot off, or on with other keys, is another PCR 7: the old policy gives the key away, ours does not, in neither phase.
#[test]
fn a_system_of_his_own_opens_nothing_and_by_the_policy_of_before_everything() {
    let (software, vendor) = (SoftwareTpm::new(), Vendor::new());
    let policy = vendor.policy([0; 32]);
    let parsed = |phase| Policy::parse(&policy, phase).unwrap();
    // The box seals in both phases: the early one is in its header, the late one in its vault.
    let mut tpm = ready(&software, &policy);
    let late = tpm.seal(&parsed(Phase::Ready), &Secret::new(vec![2; 32])).unwrap();
    drop(tpm);
    let mut software = software.reboot();
    let mut tpm = keyd::tpm::Tpm::open(software.tcti()).unwrap();
    tpm.extend_phase("enter-initrd").unwrap();
    let early = tpm.seal(&parsed(Phase::Early), &Secret::new(vec![1; 32])).unwrap();
    drop(tpm);
    for (sealed, (index, phases), pem, secret) in
        [(&early, EARLY, &policy.public_key_pem, [1; 32]), (&late, READY, &policy.service_public_key_pem, [2; 32])]
    {
        let pcr11 = extended([0; 32], phases);
        software = software.reboot();
        software.extend_pcr7();
        let thief = Thief::at(&software, phases);
        assert!(thief.unseal_by_the_old_policy(pcr11), "the control: {index}");
        assert_eq!(thief.unseal(sealed, &policy, pem, pcr11, index), None, "{index}");
        drop(thief);
        // His tools go the right way: where Secure Boot is as approved of, it opens. So all hangs on the firmware, which starts nothing that the
        // vendor did not sign (tests/end-to-end, secure_boot), and on PCR 12, which is not zero where his parameters are.
        software = software.reboot();
        let thief = Thief::at(&software, phases);
        assert_eq!(thief.unseal(sealed, &policy, pem, pcr11, index), Some(secret.to_vec()), "{index}");
        drop(thief);
        software = software.reboot();
        software.extend_pcr12();
        let thief = Thief::at(&software, phases);
        assert_eq!(thief.unseal(sealed, &policy, pem, pcr11, index), None, "{index} with parameters");
    }
}

/// Whoever has opened the volume elsewhere has the box's keys as files, and the machine; not its signature.
#[test]
fn whoever_opens_the_volume_does_not_sign_as_this_box() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    drop(crate::served::served(&software, &policy, &folder));
    let identity: Value = serde_json::from_slice(&std::fs::read(folder.path().join("identity.json")).unwrap()).unwrap();
    let software = software.reboot();
    software.extend_pcr7();
    let thief = Thief::at(&software, READY.1);
    let message = thief.write("message", b"I am this box");
    for key in ["authority", "service"] {
        let blob = find(&identity, key).unwrap();
        let text = |name: &str| blob[name].as_str().unwrap().to_string();
        let sealed = Sealed { srk_name: String::new(), public: text("public"), private: text("private"), owner: None };
        let loaded = thief.load(&sealed);
        let out = thief.path("signature");
        // The empty authorization, which was all it took before.
        assert!(!thief.can("tpm2_sign", &["-Q", "-c", &loaded, "-g", "sha256", "-o", &out, &message]), "{key}");
        assert!(!thief.can("tpm2_unseal", &["-c", "0x81008c03"]), "nor the owner's secret");
    }
    // A key without a policy, as the box's were: the control.
    let (public, private, loaded) = (thief.path("cpub"), thief.path("cpriv"), thief.path("cctx"));
    thief.must("tpm2_create", &["-Q", "-C", "0x81008c01", "-G", "ecc256:ecdsa-sha256", "-u", &public, "-r", &private]);
    thief.must("tpm2_load", &["-Q", "-C", "0x81008c01", "-u", &public, "-r", &private, "-c", &loaded]);
    let out = thief.path("signature");
    thief.must("tpm2_sign", &["-Q", "-c", &loaded, "-g", "sha256", "-o", &out, &message]);
}

/// The object of this name, wherever it stands in the file.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(name).or_else(|| map.values().find_map(|v| find(v, name))),
        _ => None,
    }
}
