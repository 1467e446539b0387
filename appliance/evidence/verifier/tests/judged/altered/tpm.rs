//! What the TPM signs, and whose it is: checks 1 to 9.

use attestation::evidence::QUOTED_PCRS;
use attestation::jws;
use attestation::{Evidence, Signed};
use evidence_box::{Kind, Made, Vendor, openssl};
use p256::ecdsa::signature::Signer;
use verifier::{Input, appraise};

use super::Court;
use crate::support::NONCE;

const YEAR: u64 = 365 * 86_400;

/// Checks 1 to 4.
pub(super) fn signed(court: &mut Court) {
    let yesterday = court.machine.evidence(&[9; 32]);
    court.refuse("a nonce that was used before", &yesterday, 1, "Nonce");
    let quote = yesterday.quote.clone();
    let relabelled = court.lie(|e| e.quote = quote);
    court.refuse("an old quote under the new nonce", &relabelled, 1, "Nonce");
    let floor = yesterday.floor.clone();
    let stale = court.lie(|e| e.floor = floor);
    court.refuse("an old floor beside a new quote", &stale, 1, "Nonce");
    let said = court.lie(|e| e.nonce = vec![9; 32]);
    court.refuse("another nonce in the file than in the quote", &said, 1, "Nonce");

    let quote = court.stranger.evidence(&NONCE).quote;
    let other = court.lie(|e| e.quote = quote);
    court.refuse("a quote of another attestation key", &other, 3, "Signature");
    let flipped = court.lie(|e| *e.quote.signature.last_mut().unwrap() ^= 1);
    court.refuse("a signature with a flipped bit", &flipped, 3, "Signature");
    let empty = court.lie(|e| e.quote.signature.clear());
    court.refuse("an empty signature", &empty, 3, "Unreadable");
    let swapped = court.lie(|e| e.quote = e.floor.clone().unwrap());
    court.refuse("another attestation in the quote's place", &swapped, 2, "NotThis");
    let foreign = court.lie(|e| e.quote.attest[0] ^= 1);
    court.refuse("a quote that no TPM made", &foreign, 2, "Unreadable");
    let longer = court.lie(|e| e.quote.attest.push(0));
    court.refuse("a quote that something follows", &longer, 2, "Unreadable");
    let wide = court.lie(|e| e.attestation_key[7] ^= 0x02);
    court.refuse("an attestation key that may leave its TPM", &wide, 4, "KeyAttribute");

    let real = court.machine.attestation.clone();
    court.machine.attestation = court.machine.key(Kind::Unrestricted);
    let unrestricted = court.lie(|_| {});
    court.refuse("an attestation key that is not restricted", &unrestricted, 4, "KeyAttribute");
    let lied = court.lie(|e| e.attestation_key[5] |= 1);
    court.refuse("the same, said to be restricted", &lied, 5, "RecordOfOtherAttestationKey");
    court.machine.attestation = real;
    let software = in_software(court.machine.evidence(&NONCE));
    court.refuse("a key in software that signs what a TPM would", &software, 5, "RecordOfOtherAttestationKey");
}

/// Whoever has a key of his own can make all of an evidence but what others sign about that key.
fn in_software(mut evidence: Evidence) -> Evidence {
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let point = key.verifying_key().to_sec1_point(false);
    let sign = |signed: &mut Signed| {
        let signature: p256::ecdsa::Signature = key.sign(&signed.attest);
        let (r, s) = (signature.r().to_bytes(), signature.s().to_bytes());
        signed.signature = [&[0, 0x18, 0, 0x0b, 0, 32][..], &r, &[0, 32], &s].concat();
    };
    let at = evidence.attestation_key.len() - 68;
    evidence.attestation_key[at + 2..at + 34].copy_from_slice(&point.as_bytes()[1..33]);
    evidence.attestation_key[at + 36..at + 68].copy_from_slice(&point.as_bytes()[33..]);
    sign(&mut evidence.quote);
    sign(evidence.floor.as_mut().unwrap());
    let binding = evidence.binding();
    let certified = &mut evidence.service_key.as_mut().unwrap().certified;
    let at = certified.attest.windows(34).position(|w| w[..2] == [0, 32]).unwrap();
    certified.attest[at + 2..at + 34].copy_from_slice(&binding);
    sign(certified);
    evidence
}

/// Checks 5 to 7.
pub(super) fn whose(court: &mut Court) {
    let stranger = court.stranger.evidence(&NONCE);
    let (key, certificate) = (stranger.endorsement.key.clone(), stranger.endorsement.certificate.clone());
    let endorsement = stranger.endorsement.clone();
    let other = court.lie(|e| e.endorsement = endorsement);
    court.refuse("another TPM's endorsement", &other, 6, "Chain");
    let other = court.lie(|e| e.endorsement.key = key);
    court.refuse("another TPM's endorsement key", &other, 6, "CertificateOfOtherKey");
    let other = court.lie(|e| e.endorsement.certificate = certificate);
    court.refuse("another TPM's endorsement certificate", &other, 6, "CertificateOfOtherKey");
    let missing = court.lie(|e| e.endorsement.intermediates.clear());
    court.refuse("a chain with a link that is missing", &missing, 6, "Chain");
    let broken = court.lie(|e| {
        let certificate = e.endorsement.certificate.as_mut().unwrap();
        *certificate.last_mut().unwrap() ^= 1;
    });
    court.refuse("an endorsement certificate with a flipped bit", &broken, 6, "Chain");
    let none = court.lie(|e| e.endorsement.certificate = None);
    court.refuse("no endorsement certificate, though the record has one", &none, 7, "RecordOfOtherCertificate");
    let honest = court.lie(|_| {});
    court.refuse_with("an auditor's clock of 1970", &honest, |i| i.now = 0, 6, "NotYetValid");
    let now = court.auditor.now;
    for (what, purpose, now, code) in [
        ("a certificate that is for no endorsement key", "1.2.3", now, "NoEndorsementPurpose"),
        ("a certificate that has expired", "2.23.133.8.1", now + 20 * YEAR, "Expired"),
    ] {
        let (certificate, root) = other_maker(&honest, purpose);
        let mut evidence = honest.clone();
        evidence.endorsement.certificate = Some(certificate);
        court.machine.seal(&mut evidence);
        let mut roots = court.auditor.roots.clone();
        roots.add_endorsement_root(root).unwrap();
        let bytes = evidence.to_bytes().unwrap();
        let report = appraise(&Input { roots: &roots, now, ..court.auditor.input(&bytes) });
        court.expect(what, report, 6, code);
    }

    let record = stranger.device_record.clone();
    let other = court.lie(|e| e.device_record = record);
    court.refuse("the record of another machine", &other, 7, "RecordOfOtherEndorsementKey");
    let none = court.lie(|e| e.device_record = None);
    court.refuse("no record", &none, 5, "NoDeviceRecord");
    court.refuse_with("the record of another serial number", &honest, |i| i.serial = Some("CF-0002"), 7, "SerialOther");
    let forged = jws::sign(&court.machine.record_for("CF-0001"), &court.auditor.vendor.private("release")).unwrap();
    let forged = court.lie(|e| e.device_record = Some(forged));
    court.refuse("a record that the factory did not sign", &forged, 7, "DeviceRecord");
    let values = jws::sign(&Vendor::values(), &court.auditor.vendor.private("device-record")).unwrap();
    let values = court.lie(|e| e.device_record = Some(values));
    court.refuse("another statement of the factory's in the record's place", &values, 7, "DeviceRecord");
    let none = String::from_utf8(court.machine.record.clone()).unwrap();
    let start = none.find("\"signature\"").unwrap();
    let none = format!("{}\"signature\": \"\"\n}}", &none[..start]);
    let none = court.lie(|e| e.device_record = Some(none.into_bytes()));
    court.refuse("a record with an empty signature", &none, 7, "DeviceRecord");
}

/// A certificate for the endorsement key, for ten years and this purpose, by another maker; and his root.
fn other_maker(evidence: &Evidence, purpose: &str) -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    std::fs::write(path("real.der"), evidence.endorsement.certificate.as_ref().unwrap()).unwrap();
    std::fs::write(path("extensions"), format!("extendedKeyUsage = {purpose}\n")).unwrap();
    #[rustfmt::skip]
    openssl(&["x509", "-inform", "DER", "-in", &path("real.der"), "-pubkey", "-noout", "-out", &path("ek.pem")]);
    openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", &path("root.key")]);
    #[rustfmt::skip]
    openssl(&["req", "-x509", "-new", "-key", &path("root.key"), "-subj", "/CN=Other maker", "-days", "3650",
        "-sha384", "-outform", "DER", "-out", &path("root.der")]);
    #[rustfmt::skip]
    openssl(&["x509", "-new", "-force_pubkey", &path("ek.pem"), "-CAkey", &path("root.key"), "-CA", &path("root.der"),
        "-CAform", "DER", "-subj", "/CN=x", "-days", "3650", "-sha384", "-extfile", &path("extensions"),
        "-outform", "DER", "-out", &path("end.der")]);
    (std::fs::read(path("end.der")).unwrap(), std::fs::read(path("root.der")).unwrap())
}

/// Checks 8 and 9.
pub(super) fn quoted(court: &mut Court) {
    let made = |bank, pcrs: &[u8]| Made { nonce: NONCE.into(), bank, pcrs: pcrs.into() };
    let narrow = court.machine.evidence_of(&made(0x0b, &[0, 1, 2, 3, 4, 5, 6, 7]));
    court.refuse("a quote of fewer PCRs", &narrow, 8, "Selection");
    let wide = court.machine.evidence_of(&made(0x0b, &[0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16]));
    court.refuse("a quote of more PCRs", &wide, 8, "Selection");
    let none = court.machine.evidence_of(&made(0x0b, &[]));
    court.refuse("a quote of no PCRs", &none, 8, "Selection");
    let sha1 = court.machine.evidence_of(&made(0x04, &QUOTED_PCRS));
    court.refuse("a quote of the SHA-1 bank", &sha1, 2, "Unreadable");
    let changed = court.lie(|e| e.pcrs.get_mut(&11).unwrap()[0] ^= 1);
    court.refuse("a PCR value that the TPM did not sign", &changed, 9, "PcrDigest");
    let more = court.lie(|e| e.pcrs.extend([(16, [0; 32].into())]));
    court.refuse("a PCR value that the quote does not cover", &more, 9, "PcrValues");
    let fewer = court.lie(|e| e.pcrs.retain(|index, _| *index != 3));
    court.refuse("a PCR value that is missing", &fewer, 9, "PcrValues");
    let none = court.lie(|e| e.pcrs.clear());
    court.refuse("no PCR values", &none, 9, "PcrValues");
}
