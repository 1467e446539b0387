//! Keys that sign, each read together with what others know of it; two files that do not belong together are refused here.

use std::path::{Path, PathBuf};

use data_encoding::BASE64_MIME_PERMISSIVE;
use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo, X509Certificate};

use super::problem;
use crate::error::{ImagerError, read};

/// An RSA key with its certificate.
pub struct SigningKey {
    pair: RsaPair,
    certificate: Vec<u8>,
}

/// An RSA key whose public half boxes have, as the file that they get.
pub struct PolicyKey {
    pair: RsaPair,
    public_pem: Vec<u8>,
}

impl SigningKey {
    pub fn read(key: &Path, certificate: &Path) -> Result<SigningKey, ImagerError> {
        let pair = RsaPair::read(key)?;
        let der = pem(certificate, "CERTIFICATE")?;
        let (_, parsed) = X509Certificate::from_der(&der)
            .map_err(|e| problem(certificate, &format!("the certificate is not readable ({e})")))?;
        pair.belongs_to(&parsed.tbs_certificate.subject_pki, certificate)?;
        Ok(SigningKey { pair, certificate: der })
    }

    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    pub fn public_key(&self) -> &[u8] {
        self.pair.public_key()
    }

    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ImagerError> {
        self.pair.sign(message)
    }

    /// The issuer's name in DER and the bytes of the serial number.
    pub(crate) fn issuer_and_serial(&self) -> Result<(Vec<u8>, Vec<u8>), ImagerError> {
        let (_, certificate) = X509Certificate::from_der(&self.certificate)
            .map_err(|e| problem(&self.pair.file, &format!("the certificate is not readable ({e})")))?;
        Ok((certificate.issuer().as_raw().to_vec(), certificate.raw_serial().to_vec()))
    }
}

impl PolicyKey {
    pub fn read(key: &Path, public: &Path) -> Result<PolicyKey, ImagerError> {
        let pair = RsaPair::read(key)?;
        let der = pem(public, "PUBLIC KEY")?;
        let (_, info) = SubjectPublicKeyInfo::from_der(&der)
            .map_err(|e| problem(public, &format!("the public key is not readable ({e})")))?;
        pair.belongs_to(&info, public)?;
        Ok(PolicyKey { pair, public_pem: read(public)? })
    }

    /// The file of the public key, as boxes get it.
    pub fn public_pem(&self) -> &[u8] {
        &self.public_pem
    }

    pub fn public_key(&self) -> &[u8] {
        self.pair.public_key()
    }

    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ImagerError> {
        self.pair.sign(message)
    }
}

struct RsaPair {
    pair: RsaKeyPair,
    file: PathBuf,
}

impl RsaPair {
    fn read(file: &Path) -> Result<RsaPair, ImagerError> {
        let pair = RsaKeyPair::from_pkcs8(&pem(file, "PRIVATE KEY")?)
            .map_err(|e| problem(file, &format!("not an RSA key in PKCS #8 ({e})")))?;
        Ok(RsaPair { pair, file: file.into() })
    }

    /// RSAPublicKey of PKCS #1, in DER.
    fn public_key(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    fn belongs_to(&self, info: &SubjectPublicKeyInfo, of: &Path) -> Result<(), ImagerError> {
        match *info.subject_public_key.data == *self.public_key() {
            true => Ok(()),
            false => Err(problem(of, &format!("it is not of the key in {}", self.file.display()))),
        }
    }

    /// PKCS #1 v1.5 with SHA-256, which is deterministic.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ImagerError> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| problem(&self.file, "the key cannot sign"))?;
        Ok(signature)
    }
}

pub(super) fn pem(path: &Path, label: &str) -> Result<Vec<u8>, ImagerError> {
    let text = String::from_utf8_lossy(&read(path)?).into_owned();
    let bad = || problem(path, &format!("not a PEM file with a {label}"));
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----")).ok_or_else(bad)?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----")).ok_or_else(bad)?;
    BASE64_MIME_PERMISSIVE.decode(body.trim().as_bytes()).map_err(|_| bad())
}
