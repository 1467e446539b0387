//! A quote from keyd's own code on a software TPM, judged by our verifier and by tpm2_checkquote.

use std::cell::RefCell;
use std::process::Command;

use crate::support::SoftwareTpm;
use attestation::{Quote, QuoteError, verify};
use keyd::identity::{BoxIdentity, QUOTED_PCRS};
use keyd::tpm::Tpm;
use tempfile::TempDir;

fn quoted(nonce: &[u8]) -> (Quote, SoftwareTpm, TempDir) {
    let software = SoftwareTpm::new();
    let folder = TempDir::new().unwrap();
    let tpm = RefCell::new(Tpm::open(software.tcti()).unwrap());
    tpm.borrow_mut().extend_phase("enter-initrd").unwrap();
    let identity = BoxIdentity::open(&tpm, folder.path()).unwrap();
    let q = identity.quote(&tpm, nonce).unwrap();
    let quote = Quote { attest: q.attest, signature: q.signature, attestation_key: q.attestation_key, pcrs: q.pcrs };
    (quote, software, folder)
}

#[test]
fn a_quote_verifies_and_nothing_else_does() {
    let (quote, _tpm, _folder) = quoted(b"nonce of the verifier");
    let good = verify(&quote, b"nonce of the verifier", &QUOTED_PCRS).unwrap();
    assert_eq!(good.pcr(11), Some(&crate::support::extended([0; 32], &["enter-initrd"])));
    assert!(matches!(verify(&quote, b"another nonce", &QUOTED_PCRS), Err(QuoteError::Nonce)));
    assert!(matches!(verify(&quote, b"nonce of the verifier", &[14]), Err(QuoteError::Missing { index: 14 })));
    let mut lied = quote.clone();
    lied.pcrs[8].1[0] ^= 1;
    assert!(matches!(verify(&lied, b"nonce of the verifier", &QUOTED_PCRS), Err(QuoteError::Digest)));
    let mut forged = quote.clone();
    let last = forged.attest.len() - 1;
    forged.attest[last] ^= 1;
    assert!(matches!(verify(&forged, b"nonce of the verifier", &QUOTED_PCRS), Err(QuoteError::Signature)));
    let mut stranger = quote.clone();
    stranger.attestation_key = quoted(b"x").0.attestation_key;
    assert!(matches!(verify(&stranger, b"nonce of the verifier", &QUOTED_PCRS), Err(QuoteError::Signature)));
}

#[test]
fn tpm2_tools_agree() {
    let (quote, _tpm, folder) = quoted(&[0xab; 16]);
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("attest"), &quote.attest).unwrap();
    std::fs::write(path("signature"), &quote.signature).unwrap();
    // tpm2_print and tpm2_checkquote read the key as TPM2B_PUBLIC.
    let sized = [&(quote.attestation_key.len() as u16).to_be_bytes()[..], &quote.attestation_key].concat();
    std::fs::write(path("key"), sized).unwrap();
    let check = |nonce: &str| {
        Command::new("tpm2_checkquote")
            .args(["-u", &path("key"), "-m", &path("attest"), "-s", &path("signature"), "-q", nonce])
            .output()
            .unwrap()
    };
    let good = check(&"ab".repeat(16));
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    assert!(!check(&"cd".repeat(16)).status.success());
}

#[test]
fn the_identity_survives_a_reboot_and_names_another_tpm() {
    let (_, software, folder) = quoted(b"n");
    let open = |software: &SoftwareTpm| {
        let tpm = RefCell::new(Tpm::open(software.tcti()).unwrap());
        let identity = BoxIdentity::open(&tpm, folder.path()).unwrap();
        identity.certificates().unwrap()
    };
    let software = software.reboot();
    let (first, second) = (open(&software), open(&software.reboot()));
    assert_eq!((&first.device_id, &first.service), (&second.device_id, &second.service));
    assert_ne!(open(&SoftwareTpm::new()).device_id, first.device_id);
}
