//! Who this box is: attestation key, certificate authority and service key, all in the TPM, and the certificates.

use std::cell::RefCell;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::HEXLOWER;
use ipc::keyd::{Identity, Quote, Refusal};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyUsagePurpose, PublicKeyData, SerialNumber, SignatureAlgorithm,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::KeydError;
use crate::files::{read_json, write_json};
use crate::tpm::{KeyBlob, Restricted, SigningKey, Tpm};
use crate::vault::random;

/// The PCRs that a quote covers: firmware, boot loader, Secure Boot state, our image (11) and its parameters (12).
pub const QUOTED_PCRS: [u8; 10] = [0, 1, 2, 3, 4, 5, 6, 7, 11, 12];
/// The name in the service's certificate; clients reach the box by many addresses, and pin its authority instead.
const SERVICE_NAME: &str = "coffer";
/// The longest life of a client's certificate, in seconds: two years.
const CLIENT_VALID_MAX_S: u32 = 2 * 366 * 24 * 3600;

pub struct BoxIdentity {
    authority: SigningKey,
    service: SigningKey,
    attestation: SigningKey,
    file: IdentityFile,
}

#[derive(Clone, Serialize, Deserialize)]
struct IdentityFile {
    /// The TPM that holds the keys.
    srk_name: String,
    authority: KeyBlob,
    service: KeyBlob,
    attestation: KeyBlob,
    /// X.509, DER, hexadecimal.
    authority_certificate: String,
    service_certificate: String,
}

impl BoxIdentity {
    /// Loads the identity in `folder`; makes one where there is none. A box whose TPM was replaced is a new box to its clients.
    pub fn open(tpm: &RefCell<Tpm>, folder: &Path) -> Result<BoxIdentity, KeydError> {
        let path = folder.join("identity.json");
        let srk_name = HEXLOWER.encode(tpm.borrow().srk_name());
        match read_json::<IdentityFile>(&path)? {
            Some(file) if file.srk_name == srk_name => BoxIdentity::load(tpm, file),
            _ => {
                let identity = BoxIdentity::create(tpm, srk_name)?;
                write_json(&path, &identity.file)?;
                Ok(identity)
            }
        }
    }

    pub fn certificates(&self) -> Result<Identity, KeydError> {
        let der = |hex: &str| {
            HEXLOWER.decode(hex.as_bytes()).map_err(|_| KeydError::Damaged {
                path: "identity.json".into(),
                what: "a certificate is not hexadecimal".into(),
            })
        };
        let id = ring::digest::digest(&ring::digest::SHA256, &self.attestation.public);
        Ok(Identity {
            device_id: HEXLOWER.encode(&id.as_ref()[..8]),
            authority: der(&self.file.authority_certificate)?,
            service: der(&self.file.service_certificate)?,
        })
    }

    /// A DER ECDSA-Sig-Value, as TLS 1.3 carries it.
    pub fn sign_tls(&self, tpm: &RefCell<Tpm>, message: &[u8]) -> Result<Vec<u8>, KeydError> {
        Ok(ecdsa_der(&tpm.borrow_mut().sign(&self.service, message)?))
    }

    /// Issues a client's certificate; the request's own signature is checked, everything else in it is ignored.
    pub fn issue_client(
        &self,
        tpm: &RefCell<Tpm>,
        csr: &[u8],
        client: &str,
        role: &str,
        valid_s: u32,
    ) -> Result<(Vec<u8>, String), KeydError> {
        let invalid = |what: &str| KeydError::Refused(Refusal::Invalid(what.into()));
        if valid_s == 0 || valid_s > CLIENT_VALID_MAX_S {
            return Err(invalid("the validity asked for is zero or over two years"));
        }
        let mut request = CertificateSigningRequestParams::from_der(&csr.into())
            .map_err(|e| invalid(&format!("the certificate request: {e}")))?;
        let serial = serial()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, client);
        params.distinguished_name.push(DnType::OrganizationalUnitName, role);
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        // A client whose clock is a little behind ours must not find its certificate in the future.
        params.not_before = now() - time::Duration::minutes(5);
        params.not_after = now() + time::Duration::seconds(valid_s.into());
        request.params = params;
        let issuer = Issuer::new(authority_params()?, TpmKey { tpm, key: &self.authority });
        let certificate = request.signed_by(&issuer)?;
        Ok((certificate.der().to_vec(), HEXLOWER.encode(&serial)))
    }

    pub fn quote(&self, tpm: &RefCell<Tpm>, nonce: &[u8]) -> Result<Quote, KeydError> {
        if nonce.is_empty() || nonce.len() > 32 {
            return Err(KeydError::Refused(Refusal::Invalid("a quote's nonce has 1 to 32 bytes".into())));
        }
        let mut tpm = tpm.borrow_mut();
        let pcrs = tpm.pcrs(&QUOTED_PCRS)?;
        let (attest, signature) = tpm.quote(&self.attestation, nonce, &QUOTED_PCRS)?;
        Ok(Quote { attest, signature, attestation_key: self.attestation.public.clone(), pcrs })
    }

    fn create(tpm: &RefCell<Tpm>, srk_name: String) -> Result<BoxIdentity, KeydError> {
        let (authority_blob, service_blob, attestation_blob) = {
            let mut t = tpm.borrow_mut();
            (
                t.create_signing_key(Restricted::No)?,
                t.create_signing_key(Restricted::No)?,
                t.create_signing_key(Restricted::Yes)?,
            )
        };
        let authority = tpm.borrow_mut().load_signing_key(&authority_blob)?;
        let service = tpm.borrow_mut().load_signing_key(&service_blob)?;
        let authority_certificate = authority_params()?.self_signed(&TpmKey { tpm, key: &authority })?;
        let issuer = Issuer::new(authority_params()?, TpmKey { tpm, key: &authority });
        let service_certificate = service_params()?.signed_by(&TpmKey { tpm, key: &service }, &issuer)?;
        let file = IdentityFile {
            srk_name,
            authority: authority_blob,
            service: service_blob,
            attestation: attestation_blob,
            authority_certificate: HEXLOWER.encode(authority_certificate.der()),
            service_certificate: HEXLOWER.encode(service_certificate.der()),
        };
        drop(issuer);
        let attestation = tpm.borrow_mut().load_signing_key(&file.attestation)?;
        Ok(BoxIdentity { authority, service, attestation, file })
    }

    fn load(tpm: &RefCell<Tpm>, file: IdentityFile) -> Result<BoxIdentity, KeydError> {
        let mut t = tpm.borrow_mut();
        Ok(BoxIdentity {
            authority: t.load_signing_key(&file.authority)?,
            service: t.load_signing_key(&file.service)?,
            attestation: t.load_signing_key(&file.attestation)?,
            file,
        })
    }
}

fn authority_params() -> Result<CertificateParams, KeydError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Coffer box authority");
    params.serial_number = Some(SerialNumber::from_slice(&serial()?));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    for_ever(&mut params);
    Ok(params)
}

fn service_params() -> Result<CertificateParams, KeydError> {
    let mut params = CertificateParams::new(vec![SERVICE_NAME.to_string()])?;
    params.distinguished_name.push(DnType::CommonName, SERVICE_NAME);
    params.serial_number = Some(SerialNumber::from_slice(&serial()?));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    for_ever(&mut params);
    Ok(params)
}

/// RFC 5280 4.1.2.5: "To indicate that a certificate has no well-defined expiration date, the notAfter SHOULD be assigned
/// the GeneralizedTime value of 99991231235959Z." The start is fixed: a box's first clock may be wrong.
fn for_ever(params: &mut CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2024, 1, 1);
    params.not_after = rcgen::date_time_ymd(9999, 12, 31) + time::Duration::seconds(24 * 3600 - 1);
}

/// RFC 5280 4.1.2.2: positive, at most 20 octets.
fn serial() -> Result<[u8; 16], KeydError> {
    let mut serial = random::<16>()?;
    serial[0] = (serial[0] & 0x7f) | 0x40;
    Ok(serial)
}

fn now() -> OffsetDateTime {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(seconds.min(i64::MAX as u64) as i64)
}

/// A TPM key as rcgen wants to see it.
struct TpmKey<'a> {
    tpm: &'a RefCell<Tpm>,
    key: &'a SigningKey,
}

impl PublicKeyData for TpmKey<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.key.point
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for TpmKey<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        // rcgen can carry no source of ours; the caller's message says that a certificate could not be made.
        let signature = self.tpm.borrow_mut().sign(self.key, message).map_err(|_| rcgen::Error::RemoteKeyError)?;
        Ok(ecdsa_der(&signature))
    }
}

/// RFC 3279 2.2.3: Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }.
fn ecdsa_der(fixed: &[u8; 64]) -> Vec<u8> {
    let mut body = Vec::with_capacity(70);
    for half in fixed.chunks_exact(32) {
        let digits = &half[half.iter().position(|b| *b != 0).unwrap_or(31)..];
        let pad = usize::from(digits[0] & 0x80 != 0);
        body.extend([2, (digits.len() + pad) as u8]);
        body.extend(std::iter::repeat_n(0, pad));
        body.extend(digits);
    }
    [&[0x30, body.len() as u8], body.as_slice()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn der_integers_are_minimal_and_positive() {
        let mut fixed = [0u8; 64];
        fixed[31] = 5;
        fixed[32] = 0x80;
        let der = ecdsa_der(&fixed);
        assert_eq!(&der[..7], &[0x30, 38, 2, 1, 5, 2, 33]);
        assert_eq!(&der[7..9], &[0, 0x80]);
    }
}
