//! What the auditor trusts before he looks at the evidence.

use attestation::jws::{self, JwsError};
use p256::ecdsa::VerifyingKey;

#[derive(Clone, Debug, Default)]
pub struct Roots {
    /// Certificates of TPM makers, DER, self-signed or not: a chain may end here.
    pub(crate) endorsement: Vec<Vec<u8>>,
    /// Certificates that a chain may go through, DER.
    pub(crate) intermediates: Vec<Vec<u8>>,
    /// The vendor's release keys.
    pub(crate) release: Vec<VerifyingKey>,
    /// The vendor's keys for device records.
    pub(crate) device_record: Vec<VerifyingKey>,
}

#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    #[error("a certificate can't be read")]
    Certificate,
    #[error("a key of the vendor's")]
    Key(#[source] JwsError),
}

impl Roots {
    pub fn add_endorsement_root(&mut self, der: Vec<u8>) -> Result<(), RootsError> {
        self.endorsement.push(certificate(der)?);
        Ok(())
    }

    pub fn add_intermediate(&mut self, der: Vec<u8>) -> Result<(), RootsError> {
        self.intermediates.push(certificate(der)?);
        Ok(())
    }

    /// A P-256 key, SubjectPublicKeyInfo in PEM.
    pub fn add_release_key(&mut self, pem: &str) -> Result<(), RootsError> {
        self.release.push(jws::public_key(pem).map_err(RootsError::Key)?);
        Ok(())
    }

    pub fn add_device_record_key(&mut self, pem: &str) -> Result<(), RootsError> {
        self.device_record.push(jws::public_key(pem).map_err(RootsError::Key)?);
        Ok(())
    }
}

fn certificate(der: Vec<u8>) -> Result<Vec<u8>, RootsError> {
    use x509_cert::der::Decode;
    x509_cert::Certificate::from_der(&der).map_err(|_| RootsError::Certificate)?;
    Ok(der)
}
