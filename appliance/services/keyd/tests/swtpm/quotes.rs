//! A quote from keyd's own code on a software TPM, judged by our verifier and by tpm2_checkquote.

use std::process::Command;

use crate::support::{SoftwareTpm, Vendor, ready};
use attestation::evidence::QUOTED_PCRS;
use attestation::{Quote, QuoteError, verify};
use audit_log::head::{HeadError, SignedHead, Statement, detail};
use audit_log::{Verifier, VerifyError};
use keyd::identity::BoxIdentity;
use keyd::tpm::{Phase, Policy, Tpm};
use tempfile::TempDir;

fn quoted(nonce: &[u8]) -> (Quote, SoftwareTpm, TempDir) {
    let software = SoftwareTpm::new();
    let folder = TempDir::new().unwrap();
    let vendor = Vendor::new();
    let mut tpm = ready(&software, &vendor.policy([0; 32]));
    let identity = opened(&mut tpm, &vendor, &folder);
    let quote = as_verified(identity.quote(&mut tpm, nonce, &QUOTED_PCRS).unwrap());
    (quote, software, folder)
}

fn opened(tpm: &mut Tpm, vendor: &Vendor, folder: &TempDir) -> BoxIdentity {
    BoxIdentity::open(tpm, Policy::parse(&vendor.policy([0; 32]), Phase::Ready).unwrap(), folder.path()).unwrap().0
}

fn as_verified(q: ipc::keyd::Quote) -> Quote {
    Quote {
        attest: q.attest.into_vec(),
        signature: q.signature.into_vec(),
        attestation_key: q.attestation_key.into_vec(),
        pcrs: q.pcrs.into_vec().into_iter().map(|(index, value)| (index, value.into_vec())).collect(),
    }
}

/// A client that asks for evidence with the nonce of a head gets no quote that passes for a head: it covers other PCRs.
#[test]
fn a_head_of_the_audit_log_verifies_and_an_evidences_quote_is_no_head() {
    let (software, folder) = (SoftwareTpm::new(), TempDir::new().unwrap());
    let vendor = Vendor::new();
    let mut tpm = ready(&software, &vendor.policy([0; 32]));
    let identity = opened(&mut tpm, &vendor, &folder);
    let mut lines = Vec::new();
    let mut chain = audit_log::Head::default();
    let add = |chain: &mut audit_log::Head, source: &str, action: &str, detail| {
        let (line, next) = chain.append(&audit_log::Line { time: 1, source, client: "", action, detail });
        *chain = next;
        line
    };
    let head = |chain: &audit_log::Head, heads, is_clients: bool, tpm: &mut Tpm| {
        let statement = Statement { number: chain.seq, hash: chain.previous.clone(), heads, losses: 0 };
        let nonce = audit_log::head::nonce(&statement);
        let quote =
            if is_clients { identity.quote(tpm, &nonce, &QUOTED_PCRS) } else { identity.sign_head(tpm, &nonce) };
        detail(&SignedHead { statement, quote: as_verified(quote.unwrap()) })
    };
    for heads in 0..3 {
        lines.push(add(&mut chain, "computed", "job done", Default::default()));
        let signed = head(&chain, heads, false, &mut tpm);
        lines.push(add(&mut chain, "auditd", "head", signed));
    }
    let verify = |lines: &[String]| {
        let mut verifier = Verifier::default();
        lines.iter().try_for_each(|line| verifier.push(line)).map(|()| verifier.finish())
    };
    let verdict = verify(&lines).unwrap();
    assert_eq!((verdict.end, verdict.covered, verdict.losses), (6, 5, 0));
    assert_eq!((verdict.gaps, verdict.keys), (0, 1));
    // The oldest lines were removed for want of room: what is left is judged by what is left.
    assert_eq!(verify(&lines[3..]).unwrap().covered, 5);
    // A tail that is cut shows in what is covered; a log that is written anew lacks heads, or has a head of another log.
    assert_eq!(verify(&lines[..4]).unwrap().covered, 3);
    let mut anew = Vec::new();
    let mut other = audit_log::Head::default();
    anew.push(add(&mut other, "computed", "job lost", Default::default()));
    let value: serde_json::Value = serde_json::from_str(&lines[1]).unwrap();
    let copied = value["detail"].as_object().unwrap().clone();
    anew.push(add(&mut other, "auditd", "head", copied));
    assert!(matches!(verify(&anew), Err(VerifyError::Head { line: 1, source: HeadError::Other })));
    let mut fewer = Vec::new();
    let mut other = audit_log::Head::default();
    fewer.push(add(&mut other, "computed", "job lost", Default::default()));
    let late = head(&other, 2, false, &mut tpm);
    fewer.push(add(&mut other, "auditd", "head", late));
    assert_eq!(verify(&fewer).unwrap().gaps, 2);
    let mut forged = Vec::new();
    let mut other = audit_log::Head::default();
    forged.push(add(&mut other, "computed", "job lost", Default::default()));
    let clients = head(&other, 0, true, &mut tpm);
    forged.push(add(&mut other, "auditd", "head", clients));
    assert!(matches!(verify(&forged), Err(VerifyError::Head { line: 1, .. })));
}

#[test]
fn a_quote_verifies_and_nothing_else_does() {
    let (quote, _tpm, _folder) = quoted(b"nonce of the verifier");
    let good = verify(&quote, b"nonce of the verifier", &QUOTED_PCRS).unwrap();
    assert_eq!(
        good.pcr(11),
        Some(&crate::support::extended([0; 32], &["enter-initrd", "leave-initrd", "sysinit", "ready"]))
    );
    assert!(matches!(verify(&quote, b"another nonce", &QUOTED_PCRS), Err(QuoteError::Nonce)));
    assert!(matches!(verify(&quote, b"nonce of the verifier", &[16]), Err(QuoteError::Missing { index: 16 })));
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
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let open = |software: &SoftwareTpm| {
        let mut tpm = ready(software, &vendor.policy([0; 32]));
        opened(&mut tpm, &vendor, &folder).certificates().unwrap()
    };
    let first = open(&software);
    let software = software.reboot();
    let second = open(&software);
    assert_eq!((&first.device_id, &first.service), (&second.device_id, &second.service));
    assert_ne!(open(&SoftwareTpm::new()).device_id, first.device_id);
}

/// The attestation key comes from the endorsement seed: a TPM that was cleared has the same one, so that nothing is to be gained by it.
#[test]
fn a_cleared_tpm_has_the_same_attestation_key_and_shows_its_counters_as_they_are() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let mut tpm = ready(&software, &vendor.policy([0; 32]));
    let identity = opened(&mut tpm, &vendor, &folder);
    let quote = as_verified(identity.quote(&mut tpm, b"n", &QUOTED_PCRS).unwrap());
    let first = verify(&quote, b"n", &QUOTED_PCRS).unwrap();
    drop(tpm);
    let software = software.reboot();
    software.clear();
    let mut tpm = ready(&software, &vendor.policy([0; 32]));
    let identity = opened(&mut tpm, &vendor, &folder);
    let second_quote = as_verified(identity.quote(&mut tpm, b"n", &QUOTED_PCRS).unwrap());
    let second = verify(&second_quote, b"n", &QUOTED_PCRS).unwrap();
    assert_eq!(quote.attestation_key, second_quote.attestation_key);
    // TPM2_Clear begins the counters anew; a key of another hierarchy would show both with a secret number added.
    let counts = [first, second].map(|q| q.attest().reset_count);
    assert!(counts.iter().all(|count| *count < 10), "{counts:?}");
}
