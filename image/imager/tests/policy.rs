//! The signed policy of an image, judged by a TPM, by systemd-measure and by openssl.
#![allow(clippy::unwrap_used, reason = "a test that cannot prepare fails")]

mod support;

use std::fs;

use data_encoding::{BASE64, HEXLOWER};
use imager::build::UKI;
use imager::keys::{Keys, PolicyPhase};
use imager::manifest::Manifest;
use imager::pcr::{self, Pcr};
use imager::policy::{self, SignedPolicies};
use imager::profile::Resolved;
use software_tpm::SoftwareTpm;
use support::{built, repository, run, text};

fn signed() -> SignedPolicies {
    let uki = fs::read(built().image().join(UKI)).unwrap();
    let json = pcr::section(&uki, ".pcrsig").unwrap().unwrap();
    serde_json::from_str(String::from_utf8(json).unwrap().trim_end_matches('\0')).unwrap()
}

#[test]
fn the_tpm_comes_to_the_same_digest() {
    let state = tempfile::tempdir().unwrap();
    let (tpm, folder) = (SoftwareTpm::power_on(state.path()), tempfile::tempdir().unwrap());
    let folder = folder.path();
    let (value, operand) = (folder.join("pcr11"), folder.join("operand"));
    // The index gets its final Name by the first write.
    tpm.tool(
        "tpm2_nvdefine",
        &["0x01800110", "-C", "o", "-a", "nt=bits|ownerwrite|ownerread|authread|no_da", "-s", "8"],
    );
    tpm.tool("tpm2_nvsetbits", &["0x01800110", "-C", "o", "-i", "0x2"]);
    for (version, phase) in [(0, "enter-initrd"), (5, "ready"), (62, "")] {
        let pcr = Pcr::zero().after_phases(phase);
        fs::write(&value, pcr.0).unwrap();
        fs::write(&operand, policy::forbidden_bits(version)).unwrap();
        let session = folder.join("session");
        tpm.tool("tpm2_startauthsession", &["-S", text(&session)]);
        tpm.tool("tpm2_policypcr", &["-S", text(&session), "-l", "sha256:11", "-f", text(&value)]);
        let digest = folder.join("digest");
        tpm.tool(
            "tpm2_policynv",
            &["-S", text(&session), "-C", "0x01800110", "-i", text(&operand), "-L", text(&digest), "0x01800110", "bc"],
        );
        tpm.tool("tpm2_flushcontext", &[text(&session)]);
        let theirs = HEXLOWER.encode(&fs::read(&digest).unwrap());
        assert_eq!(theirs, HEXLOWER.encode(&policy::approved(pcr, version)), "version {version}");
    }
}

#[test]
fn each_phase_is_signed_by_its_own_key_for_this_image_and_version() {
    let manifest = Manifest::read(&built().image()).unwrap();
    let keys = Keys::development(&built().keys()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (policies, version) = (signed().sha256, Resolved::read(&built().inputs("dev.toml").profile).unwrap());
    let version = version.profile.security_version;
    assert_eq!(policies.len(), 2);
    for (entry, phase) in policies.iter().zip(PolicyPhase::ALL) {
        assert_eq!((entry.pcrs.as_slice(), entry.security_version), (&[11][..], version));
        let mut value = [0; 32];
        value.copy_from_slice(&HEXLOWER.decode(manifest.pcr11[phase.path()].as_bytes()).unwrap());
        assert_eq!(entry.pol, HEXLOWER.encode(&policy::approved(Pcr(value), version)));
        let (digest, signature) = (folder.path().join("digest"), folder.path().join("signature"));
        fs::write(&digest, HEXLOWER.decode(entry.pol.as_bytes()).unwrap()).unwrap();
        fs::write(&signature, BASE64.decode(entry.sig.as_bytes()).unwrap()).unwrap();
        for by in PolicyPhase::ALL {
            let public = keys.policy_public_key(by);
            let arguments =
                ["dgst", "-sha256", "-verify", text(&public), "-signature", text(&signature), text(&digest)];
            assert_eq!(run("openssl", &arguments).status.success(), by == phase, "{phase:?} by {by:?}");
        }
    }
    let uki = fs::read(built().image().join(UKI)).unwrap();
    let early = fs::read(built().keys().join("pcr-early.pub")).unwrap();
    assert_eq!(pcr::section(&uki, ".pcrpkey").unwrap().unwrap(), early);
}

/// Who reads the file knows a key by its fingerprint: the same as systemd's own program writes.
#[test]
fn systemd_measure_writes_the_same_fingerprint() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys::development(&folder.path().join("keys")).unwrap();
    let ours = policy::sign(Pcr::zero(), 1, &keys).unwrap().sha256;
    for (entry, phase) in ours.iter().zip(PolicyPhase::ALL) {
        let public = keys.policy_public_key(phase);
        let private = public.with_extension("key");
        let signer = [format!("--private-key={}", text(&private)), format!("--public-key={}", text(&public))];
        let linux = format!("--linux={}", text(&repository().join("README.md")));
        let done = run(
            "/usr/lib/systemd/systemd-measure",
            &["sign", "--bank=sha256", "--phase=enter-initrd", &linux, &signer[0], &signer[1]],
        );
        let theirs: serde_json::Value = serde_json::from_slice(&done.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&done.stderr)));
        assert_eq!(theirs["sha256"][0]["pkfp"], entry.pkfp, "{phase:?}");
    }
}

#[test]
fn a_policy_of_another_key_image_or_version_is_not_the_images() {
    let folder = tempfile::tempdir().unwrap();
    let [keys, stranger] = ["keys", "stranger"].map(|name| Keys::development(&folder.path().join(name)).unwrap());
    let public = |keys: &Keys| PolicyPhase::ALL.map(|phase| keys.policy(phase).public_pem().to_vec());
    let [early, ready] = public(&keys);
    let judge = |policies: &SignedPolicies| {
        policy::verify(&serde_json::to_vec(policies).unwrap(), [&early, &ready], Pcr::zero(), 3)
    };
    let signed = |version: u32, keys: &Keys| policy::sign(Pcr::zero(), version, keys).unwrap();
    assert_eq!(judge(&signed(3, &keys)), Ok(()));
    // A signature is the stranger's, the names are ours.
    let mut forged = signed(3, &keys);
    forged.sha256[1].sig = signed(3, &stranger).sha256.remove(1).sig;
    let mut older = signed(2, &keys);
    older.sha256.iter_mut().for_each(|entry| entry.security_version = 3);
    let mut wide = signed(3, &keys);
    wide.sha256[0].pcrs = vec![];
    let mut swapped = signed(3, &keys);
    swapped.sha256.swap(0, 1);
    let other = policy::sign(Pcr::zero().after_phases("other"), 3, &keys).unwrap();
    for (policies, words) in [
        (forged, "pcr-ready: the signature is not that of the key"),
        (signed(2, &keys), "another security version"),
        (older, "another image"),
        (wide, "other registers"),
        (swapped, "another image"),
        (other, "another image"),
        (signed(3, &stranger), "names another key"),
        (SignedPolicies { sha256: vec![] }, "there are 0 policies"),
    ] {
        let refused = judge(&policies).unwrap_err();
        assert!(refused.contains(words), "{words}: {refused}");
    }
    assert!(policy::verify(b"", [&early, &ready], Pcr::zero(), 3).is_err());
    let same = policy::verify(&serde_json::to_vec(&signed(3, &keys)).unwrap(), [&early, &early], Pcr::zero(), 3);
    assert_eq!(same, Err("both phases have the same key".into()));
}

/// Without its own signature no firmware that asks for one starts it alone. With one it would start with any initramfs.
#[test]
fn the_kernel_inside_is_not_signed() {
    let uki = fs::read(built().image().join(UKI)).unwrap();
    let kernel = built().folder.join("linux");
    fs::write(&kernel, pcr::section(&uki, ".linux").unwrap().unwrap()).unwrap();
    let certificate = built().keys().join("db.crt");
    assert!(!run("sbverify", &["--cert", text(&certificate), text(&kernel)]).status.success());
    let listed = run("sbverify", &["--list", text(&kernel)]);
    assert!(!String::from_utf8_lossy(&listed.stdout).contains("signature 1"), "{listed:?}");
}
