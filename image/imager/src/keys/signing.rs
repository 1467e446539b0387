//! Keys that sign, each read together with what others know of it; two files that do not belong together are refused here.

use std::path::{Path, PathBuf};

use data_encoding::BASE64_MIME_PERMISSIVE;
use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use x509_parser::prelude::{FromDer, SubjectPublicKeyInfo, X509Certificate};

use super::problem;
use crate::error::{ImagerError, read};

/// An RSA key with its certificate.
pub struct SigningKey {
    pair: RsaPair,
    certificate: Certificate,
}

/// A certificate of an RSA key.
pub struct Certificate {
    der: Vec<u8>,
    issuer: Vec<u8>,
    serial: Vec<u8>,
    /// RSAPublicKey of PKCS #1.
    public_key: Vec<u8>,
}

/// An RSA key whose public half boxes have, as the file that they get.
pub struct PolicyKey {
    pair: RsaPair,
    public_pem: Vec<u8>,
}

impl SigningKey {
    pub fn read(key: &Path, certificate: &Path) -> Result<SigningKey, ImagerError> {
        let pair = RsaPair::read(key)?;
        let parsed = Certificate::read(certificate)?;
        pair.belongs_to(&parsed.public_key, certificate)?;
        Ok(SigningKey { pair, certificate: parsed })
    }

    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    pub fn public_key(&self) -> &[u8] {
        self.pair.public_key()
    }

    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ImagerError> {
        self.pair.sign(message)
    }
}

impl Certificate {
    pub fn read(path: &Path) -> Result<Certificate, ImagerError> {
        Certificate::parse(&pem(path, "CERTIFICATE")?).map_err(|what| problem(path, &what))
    }

    pub(crate) fn parse(der: &[u8]) -> Result<Certificate, String> {
        let (_, parsed) =
            X509Certificate::from_der(der).map_err(|e| format!("the certificate is not readable ({e})"))?;
        Ok(Certificate {
            der: der.into(),
            issuer: parsed.issuer().as_raw().to_vec(),
            serial: parsed.raw_serial().to_vec(),
            public_key: parsed.tbs_certificate.subject_pki.subject_public_key.data.to_vec(),
        })
    }

    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The issuer's name in DER and the bytes of the serial number.
    pub(crate) fn issuer_and_serial(&self) -> (&[u8], &[u8]) {
        (&self.issuer, &self.serial)
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), String> {
        verify(&self.public_key, message, signature)
    }
}

/// Whether this is the signature of the key (RSAPublicKey of PKCS #1), PKCS #1 v1.5 with SHA-256.
pub(crate) fn verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), String> {
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public_key);
    key.verify(message, signature).map_err(|_| "the signature is not that of the key".into())
}

/// The RSAPublicKey of PKCS #1 in a PEM file's text.
pub(crate) fn public_key_in(text: &[u8]) -> Result<Vec<u8>, String> {
    let der = body(text, "PUBLIC KEY").ok_or("not a PEM file with a PUBLIC KEY")?;
    let (_, info) =
        SubjectPublicKeyInfo::from_der(&der).map_err(|e| format!("the public key is not readable ({e})"))?;
    Ok(info.subject_public_key.data.to_vec())
}

impl PolicyKey {
    pub fn read(key: &Path, public: &Path) -> Result<PolicyKey, ImagerError> {
        let pair = RsaPair::read(key)?;
        let public_pem = read(public)?;
        pair.belongs_to(&public_key_in(&public_pem).map_err(|what| problem(public, &what))?, public)?;
        Ok(PolicyKey { pair, public_pem })
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

    fn belongs_to(&self, public_key: &[u8], of: &Path) -> Result<(), ImagerError> {
        match public_key == self.public_key() {
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
    body(&read(path)?, label).ok_or_else(|| problem(path, &format!("not a PEM file with a {label}")))
}

/// The PEM in a file, without what stands around it.
pub(super) fn pem_text(path: &Path, label: &str) -> Result<String, ImagerError> {
    let text = String::from_utf8_lossy(&read(path)?).into_owned();
    let end = format!("-----END {label}-----");
    let found = text.find(&format!("-----BEGIN {label}-----")).and_then(|at| text[at..].split_once(&end));
    let (start, _) = found.ok_or_else(|| problem(path, &format!("not a PEM file with a {label}")))?;
    Ok(format!("{start}{end}\n"))
}

fn body(text: &[u8], label: &str) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(text);
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    BASE64_MIME_PERMISSIVE.decode(body.trim().as_bytes()).ok()
}
