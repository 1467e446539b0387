//! From an endorsement certificate to a root that the auditor gave.

use std::time::Duration;

use attestation::EndorsementPublic;
use rsa::PublicKey;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::traits::PublicKeyParts;
use rustls_pki_types::{CertificateDer, UnixTime};
use time::OffsetDateTime;
use webpki::{EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::ext::pkix::ExtendedKeyUsage;

use crate::algorithms;
use crate::reason::Reason;
use crate::roots::Roots;

/// tcg-kp-EKCertificate (TCG EK Credential Profile), as a number and as its DER.
const PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.8.1");
const PURPOSE_DER: [u8; 5] = [0x67, 0x81, 0x05, 0x08, 0x01];

/// The name of the root that vouches for this key.
pub(crate) fn verify(
    der: &[u8],
    key: &EndorsementPublic,
    sent: &[impl AsRef<[u8]>],
    roots: &Roots,
    now: u64,
) -> Result<String, Reason> {
    let chain = |problem: String| Reason::Chain { problem };
    let certificate = Certificate::from_der(der).map_err(|e| chain(e.to_string()))?;
    let tbs = certificate.tbs_certificate();
    let info = tbs.subject_public_key_info();
    let modulus = info.subject_public_key.as_bytes().and_then(|key| PublicKey::from_pkcs1_der(key).ok());
    if modulus.map(|k| k.n_bytes().to_vec()).as_deref() != Some(&key.modulus) {
        return Err(Reason::CertificateOfOtherKey);
    }
    // webpki would ask the intermediates for the purpose too, and makers' do not have it.
    let purposes = tbs.get_extension::<ExtendedKeyUsage>().ok().flatten();
    if !purposes.is_some_and(|(_, purposes)| purposes.0.contains(&PURPOSE)) {
        return Err(Reason::NoEndorsementPurpose);
    }
    let as_der = |bytes: &[u8]| CertificateDer::from(bytes.to_vec());
    let end = as_der(der);
    let end = EndEntityCert::try_from(&end).map_err(|e| chain(e.to_string()))?;
    let known: Vec<_> = roots.endorsement.iter().map(|root| as_der(root)).collect();
    let anchors: Vec<_> = known.iter().filter_map(|root| anchor_from_trusted_cert(root).ok()).collect();
    let between = sent.iter().map(AsRef::as_ref).chain(roots.intermediates.iter().map(Vec::as_slice));
    let between: Vec<_> = between.map(as_der).collect();
    let usage = KeyUsage::required_if_present(&PURPOSE_DER);
    let time = UnixTime::since_unix_epoch(Duration::from_secs(now));
    let path = end.verify_for_usage(&algorithms::ALL, &anchors, &between, time, usage, None, None);
    let path = path.map_err(|error| match error {
        Error::CertNotValidYet { .. } => Reason::NotYetValid { by: date(now) },
        Error::CertExpired { .. } => Reason::Expired { by: date(now) },
        error => chain(error.to_string()),
    })?;
    let root = known.iter().find(|root| anchor_from_trusted_cert(root).ok().as_ref() == Some(path.anchor()));
    let subject =
        root.and_then(|root| Certificate::from_der(root).ok()).map(|c| c.tbs_certificate().subject().to_string());
    Ok(subject.unwrap_or_default())
}

/// The day and minute, UTC.
pub(crate) fn date(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
    let Some(t) = time else { return format!("{seconds} s") };
    format!("{:04}-{:02}-{:02} {:02}:{:02} UTC", t.year(), u8::from(t.month()), t.day(), t.hour(), t.minute())
}
