//! The evidence of a booted box, judged by what an auditor has: the release's reference values and the TPM maker's certificates.

use std::fs;
use std::path::Path;

use end_to_end::{Box, JOB};
use harness::client::Client;
use verifier::{Input, Roots, Verdict, appraise};

/// Of the checks that ask which machine it is: nobody made a record of this one.
const NEEDS_RECORD: [u8; 2] = [5, 7];
/// A TPM that lost its power at once does not call its clock safe for an hour.
const NEEDS_TIME: u8 = 12;

pub(crate) fn judged(made: &Box, client: &Client) {
    let folder = made.folder.path();
    let nonce = [0x5a; 32];
    let evidence = attested(client, &nonce, folder);
    let reference = fs::read(made.image.join("reference.json")).unwrap();
    let keys = Path::new(&std::env::var("COFFER_CACHE").unwrap()).join("keys/development");
    let mut roots = Roots::default();
    roots.add_release_key(&fs::read_to_string(keys.join("release.pub")).unwrap()).unwrap();
    let tpm = folder.join("box/tpm");
    for (name, is_root) in [("swtpm-localca-rootca-cert.pem", true), ("authority.crt", false)] {
        let der = der(&fs::read_to_string(tpm.join(name)).unwrap());
        if is_root { roots.add_endorsement_root(der).unwrap() } else { roots.add_intermediate(der).unwrap() }
    }
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

fn attested(client: &Client, nonce: &[u8], folder: &Path) -> Vec<u8> {
    let (hex, out) = (data_encoding::HEXLOWER.encode(nonce), folder.join("evidence.cbor"));
    client.call(&["attest", "--nonce", &hex, "--out", &out.display().to_string()], JOB).unwrap();
    fs::read(out).unwrap()
}

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    data_encoding::BASE64.decode(body.as_bytes()).unwrap()
}
