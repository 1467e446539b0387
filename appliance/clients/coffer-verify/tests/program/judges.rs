//! What programs that nobody here wrote say of the same files.

use std::fs;
use std::path::Path;
use std::process::Command;

use attestation::evidence::QUOTED_PCRS;
use attestation::{Evidence, Quote, verify};

use crate::support::{Desk, NONCE, text};

#[test]
fn tpm2_tools_agree_about_quote_and_logs() {
    let desk = Desk::with_evidence();
    let evidence = Evidence::from_bytes(&fs::read(desk.path("evidence.cbor")).unwrap()).unwrap();
    let unpacked = desk.program().args(["unpack", "evidence.cbor", "parts"]).output().unwrap();
    assert!(unpacked.status.success(), "{}", text(&unpacked));
    let check = |nonce: &[u8], log: &str| {
        let mut command = Command::new("tpm2_checkquote");
        command.current_dir(desk.path("parts")).args(["-u", "attestation-key.pub", "-m", "quote.attest"]);
        command.args(["-s", "quote.signature", "-g", "sha256", "-f", "pcr-values", "-e", log]);
        command.args(["-q", &data_encoding::HEXLOWER.encode(nonce)]);
        command.output().unwrap()
    };
    let good = check(&NONCE, "event.log");
    assert!(good.status.success(), "{}", text(&good));
    assert!(!check(&[1; 32], "event.log").status.success());
    // Without our own records the log does not explain PCR 11 and 15.
    fs::write(desk.path("parts/short"), &evidence.firmware_log).unwrap();
    assert!(!check(&NONCE, "short").status.success());

    let replayed = Command::new("tpm2_eventlog").arg(desk.path("parts/event.log")).output().unwrap();
    assert!(replayed.status.success(), "{}", text(&replayed));
    let replayed = text(&replayed);
    for pcr in [0, 4, 7, 11, 15] {
        let value = data_encoding::HEXLOWER.encode(&evidence.pcrs[&pcr][..]);
        assert!(replayed.contains(&format!("{pcr:<3}: 0x{value}")), "PCR {pcr}: {value}\n{replayed}");
    }
    // And our own reader of quotes is of one mind with theirs.
    let pcrs = evidence.pcrs.iter().map(|(index, value)| (*index, value.to_vec())).collect();
    let quote = Quote {
        attest: evidence.quote.attest.clone(),
        signature: evidence.quote.signature.clone(),
        attestation_key: evidence.attestation_key.clone(),
        pcrs,
    };
    assert!(verify(&quote, &NONCE, &QUOTED_PCRS).is_ok());
}

#[test]
fn openssl_agrees_about_the_endorsement_certificate() {
    let desk = Desk::with_evidence();
    let evidence = Evidence::from_bytes(&fs::read(desk.path("evidence.cbor")).unwrap()).unwrap();
    fs::write(desk.path("ek.der"), evidence.endorsement.certificate.unwrap()).unwrap();
    let convert = ["x509", "-inform", "DER", "-in", "ek.der", "-out", "ek.pem"];
    let openssl =
        |arguments: &[&str]| Command::new("openssl").current_dir(desk.folder.path()).args(arguments).output().unwrap();
    assert!(openssl(&convert).status.success());
    // The subject's name is in a critical extension, and openssl knows it.
    let chain =
        ["verify", "-CAfile", "roots/tpm/maker.pem", "-untrusted", "roots/tpm-intermediates/maker.pem", "ek.pem"];
    let good = openssl(&chain);
    assert!(good.status.success(), "{}", text(&good));
    let alone = openssl(&["verify", "-CAfile", "roots/tpm/maker.pem", "ek.pem"]);
    assert!(!alone.status.success());
}

/// RFC 7515 by way of Python's cryptography alone; tests/judges asks PyJWT.
const PYTHON: &str = r#"
import base64, json, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

def verified(protected, payload, signature, key):
    raw = decoded(signature)
    assert len(raw) == 64
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(der, f"{protected}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
    assert json.loads(decoded(protected))["alg"] == "ES256"
    return json.loads(decoded(payload))

key = lambda name: serialization.load_pem_public_key(open(name, "rb").read())
token = open("ear.jwt").read().strip()
ear = verified(*token.split("."), key("auditor.pem"))
assert ear["ear_status"] == "affirming", ear
assert decoded(ear["eat_nonce"]) == b"\xa5" * 32, ear["eat_nonce"]
jws = json.load(open("reference.json"))
values = verified(jws["protected"], jws["payload"], jws["signature"], key("roots/release.pem"))
assert values["release"] == "0.1.0"
try:
    verified(jws["protected"], jws["payload"], jws["signature"], key("roots/device-record.pem"))
except InvalidSignature:
    pass
else:
    raise SystemExit("another key's signature was taken")
"#;

#[test]
fn python_checks_what_the_auditor_and_the_vendor_signed() {
    let desk = Desk::with_evidence();
    fs::copy(desk.vendor.key("auditor"), desk.path("auditor.key")).unwrap();
    fs::write(desk.path("auditor.pem"), desk.vendor.public("auditor")).unwrap();
    let done = desk.verify(&["--json", "ear.jwt", "--sign-ear", "auditor.key"]);
    assert!(done.status.success(), "{}", text(&done));
    let mut python = Command::new("python3");
    let judged = python.current_dir(desk.folder.path()).args(["-c", PYTHON]).output().unwrap();
    assert!(judged.status.success(), "{}", text(&judged));
    let missing = desk.verify(&["--json", "ear.jwt", "--sign-ear", "reference.json"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(Path::new(&desk.path("ear.jwt")).exists());
}
