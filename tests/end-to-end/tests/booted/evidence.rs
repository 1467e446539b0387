//! The evidence of a booted box, judged by what an auditor has: the release's reference values and the TPM maker's certificates.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use end_to_end::{Box, JOB};
use harness::Machine;
use harness::client::Client;
use imager::tool::Tool;
use verifier::{Input, Verdict, appraise};

/// Of the checks that ask which machine it is: nobody made a record of this one.
const NEEDS_RECORD: [u8; 2] = [5, 7];
/// A TPM that lost its power at once does not call its clock safe for an hour.
const NEEDS_TIME: u8 = 12;
/// Seconds: on a fresh machine the package and what it needs are built and fetched first.
const SDK: u64 = 900;

pub(crate) fn judged(made: &Box, client: &Client) {
    let folder = made.folder.path();
    let nonce = [0x5a; 32];
    let evidence = attested(client, &nonce, folder);
    let reference = fs::read(made.image.join("reference.json")).unwrap();
    let roots = coffer_verify::roots::read(&roots(made)).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let judge = |nonce: &[u8], allow_development| {
        let input = Input {
            evidence: &evidence,
            reference: Some(&reference),
            roots: &roots,
            nonce,
            now,
            previous: None,
            serial: None,
            channel: None,
            activation: None,
            allow_development,
        };
        appraise(&input).unwrap()
    };
    for check in judge(&nonce, true).checks() {
        let allowed = match &check.verdict {
            Verdict::Pass => true,
            Verdict::Unknown(_) => NEEDS_RECORD.contains(&check.number) || check.number == NEEDS_TIME,
            Verdict::Fail(_) => false,
        };
        assert!(allowed, "check {}: {:?} {:?}", check.number, check.verdict, check.evidence);
    }
    let failed = |nonce: &[u8], allow, number: u8| {
        let report = judge(nonce, allow);
        let check = report.checks().iter().find(|c| c.number == number).cloned().unwrap();
        assert!(matches!(check.verdict, Verdict::Fail(_)), "check {number}: {:?}", check.verdict);
    };
    failed(&[0x5b; 32], true, 1);
    failed(&nonce, false, 14);
}

/// `coffer` judges, too: at first by what it knows from its enrolment, and then by what it was given.
pub(crate) fn judged_by_the_client(made: &Box, client: &Client) {
    let passed = || -> Vec<u64> {
        let status = client.call(&["status"], JOB).unwrap();
        assert_eq!(status["evidence"]["known_since_enrolment"], true, "{status}");
        let checks = status["evidence"]["checks"].as_array().unwrap().iter();
        checks.filter(|c| c["verdict"] == "pass").map(|c| c["number"].as_u64().unwrap()).collect()
    };
    assert_eq!(passed(), [1, 2, 3, 4, 8, 9, 10], "without reference values");
    let (reference, roots) = (made.image.join("reference.json"), roots(made));
    let keep = || {
        let words = ["keep-reference", "--reference", reference.to_str().unwrap(), "--roots", roots.to_str().unwrap()];
        client.call(&words, JOB)
    };
    // Somebody else's release key: nothing is kept.
    let (key, other) = (roots.join("release.pem"), made.folder.path().join("other.pem"));
    let real = fs::read(&key).unwrap();
    let made_key = Command::new("openssl")
        .args(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"])
        .arg(&other)
        .status()
        .unwrap();
    assert!(made_key.success());
    let public = Command::new("openssl").args(["pkey", "-pubout", "-in"]).arg(&other).output().unwrap();
    fs::write(&key, public.stdout).unwrap();
    let refused = keep().unwrap_err().to_string();
    assert!(refused.contains("does not hold"), "{refused}");
    assert_eq!(passed(), [1, 2, 3, 4, 8, 9, 10]);
    fs::write(&key, real).unwrap();
    keep().unwrap();
    let passed = passed();
    assert!([11, 13, 14, 15].iter().all(|number| passed.contains(number)), "{passed:?}");
    // The TPM that this machine knew is another one.
    let file = client.folder().join("default/box.json");
    let known = fs::read_to_string(&file).unwrap();
    let mut changed: serde_json::Value = serde_json::from_str(&known).unwrap();
    changed["attestation_key"] = "00".repeat(32).into();
    fs::write(&file, changed.to_string()).unwrap();
    let refused = client.call(&["status"], JOB).unwrap_err().to_string();
    assert!(refused.contains("another TPM"), "{refused}");
    fs::write(&file, known).unwrap();
}

/// The SDK judges as the client did, by what the client kept.
pub(crate) fn judged_by_the_sdk(machine: &Machine, client: &Client) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(folder.join("../../sdk/python/run-tests"));
    command.arg("--program").arg(folder.join("tests/booted/sdk.py"));
    command.arg("127.0.0.1").arg(machine.ports().service.to_string()).arg(client.folder());
    let said: serde_json::Value = serde_json::from_slice(&Tool::new(command, SDK).run().unwrap()).unwrap();
    let passed: Vec<u64> = said["passed"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    assert!([1, 2, 3, 4, 8, 9, 10, 11, 13, 14, 15].iter().all(|number| passed.contains(number)), "{passed:?}");
    assert_eq!(said["total"], 3.25);
    assert!(said["refused"].as_str().unwrap().contains("another TPM"), "{said}");
}

fn attested(client: &Client, nonce: &[u8], folder: &Path) -> Vec<u8> {
    let (hex, out) = (data_encoding::HEXLOWER.encode(nonce), folder.join("evidence.cbor"));
    client.call(&["attest", "--nonce", &hex, "--out", &out.display().to_string()], JOB).unwrap();
    fs::read(out).unwrap()
}

/// What the auditor trusts: the vendor of this image, and the maker of the software TPM.
fn roots(made: &Box) -> PathBuf {
    let (folder, tpm) = (made.folder.path().join("roots"), made.folder.path().join("box/tpm"));
    let keys = Path::new(&std::env::var("COFFER_CACHE").unwrap()).join("keys/development");
    for part in ["tpm", "tpm-intermediates"] {
        fs::create_dir_all(folder.join(part)).unwrap();
    }
    for (from, to) in [
        (keys.join("release.pub"), "release.pem"),
        (tpm.join("swtpm-localca-rootca-cert.pem"), "tpm/root.pem"),
        (tpm.join("authority.crt"), "tpm-intermediates/authority.pem"),
    ] {
        fs::copy(from, folder.join(to)).unwrap();
    }
    folder
}
