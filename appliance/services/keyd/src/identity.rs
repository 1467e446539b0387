//! Who this box is: attestation key, certificate authority and service key, all in the TPM, and the certificates.

use std::cell::RefCell;
use std::path::Path;

use data_encoding::HEXLOWER;
use ipc::keyd::{Identity, Quote};
use ipc::{Bytes, List, Name};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyUsagePurpose, PublicKeyData, SerialNumber,
};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::certificates::{TpmKey, ecdsa_der, for_ever, now, serial};
use crate::error::{file, invalid};
use crate::tpm::{AttestationKey, KeyBlob, Policy, SigningKey, Tpm, TpmError};
use crate::{KeydError, chain, out_of_the_way, set_aside};

/// The name in the service's certificate; clients reach the box by many addresses, and pin its authority instead.
const SERVICE_NAME: &str = "coffer";
/// What stands in front of a transcript's hash (RFC 8446 4.4.3), after 64 blanks.
const TLS_CONTEXT: &[u8] = b"TLS 1.3, server CertificateVerify\0";
/// The longest life of a client's certificate, in seconds: two years.
const CLIENT_VALID_MAX_S: u32 = 2 * 366 * 24 * 3600;

const FILE: &str = "identity.json";
const VERSION: u32 = 1;
const SIZE_MAX: u64 = 64 * 1024;

/// A client's certificate that is to be issued.
pub struct ClientCertificate<'a> {
    /// PKCS #10, DER.
    pub csr: &'a [u8],
    pub client: &'a str,
    pub role: &'a str,
    /// From now on, in seconds.
    pub valid_s: u32,
}

/// A client's certificate that was issued.
pub struct Issued {
    pub der: Vec<u8>,
    /// Hexadecimal.
    pub serial: String,
    /// The client's key: a point, uncompressed.
    pub key: Vec<u8>,
}

pub struct BoxIdentity {
    authority: SigningKey,
    service: SigningKey,
    attestation: AttestationKey,
    /// What the first two sign under.
    policy: Policy,
    /// DER.
    service_certificate: Vec<u8>,
    file: IdentityFile,
    /// It was made in this start.
    pub(crate) is_new: bool,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityFile {
    /// The TPM that holds the keys.
    srk_name: String,
    authority: KeyBlob,
    service: KeyBlob,
    /// X.509, DER, hexadecimal.
    authority_certificate: String,
    service_certificate: String,
}

impl BoxIdentity {
    /// Loads the identity in `folder`; makes one where there is none, where it is of another TPM, and where it cannot be read: a
    /// box whose TPM was replaced is a new box to its clients, and the old one again once that TPM is back. The second value says
    /// what was set aside.
    pub fn open(tpm: &mut Tpm, policy: Policy, folder: &Path) -> Result<(BoxIdentity, Option<String>), KeydError> {
        let path = folder.join(FILE);
        let srk_name = HEXLOWER.encode(tpm.srk_name());
        let (found, mut trouble) = match durable_files::read_json::<IdentityFile>(&path, VERSION, SIZE_MAX) {
            Ok(found) => (found, None),
            Err(e) => (None, Some(set_aside(&path, e)?)),
        };
        let found = found.map_or(Ok(None), |file| of_this_tpm(file, &srk_name, folder))?;
        if let Some(file) = found {
            match load(tpm, &file) {
                Ok((authority, service)) => {
                    let attestation = tpm.attestation_key()?;
                    let service_certificate = HEXLOWER.decode(file.service_certificate.as_bytes()).unwrap_or_default();
                    let identity = BoxIdentity {
                        authority,
                        service,
                        attestation,
                        policy,
                        service_certificate,
                        file,
                        is_new: false,
                    };
                    return Ok((identity, None));
                }
                Err(KeydError::Tpm(e)) if e.is_damage() => trouble = Some(out_of_the_way(&path, &chain(&e))?),
                Err(e) => return Err(e),
            }
        }
        let identity = BoxIdentity::create(tpm, policy, srk_name)?;
        durable_files::write_json(&path, VERSION, &identity.file).map_err(file("writing", &path))?;
        Ok((identity, trouble))
    }

    pub fn certificates(&self) -> Result<Identity, KeydError> {
        let der = |hex: &str| {
            let damaged =
                || KeydError::Damaged { path: "identity.json".into(), what: "a certificate is not hexadecimal".into() };
            let der = HEXLOWER.decode(hex.as_bytes()).map_err(|_| damaged())?;
            Ok::<_, KeydError>(Bytes::new("a certificate", der)?)
        };
        let id = ring::digest::digest(&ring::digest::SHA256, &self.attestation.public);
        Ok(Identity {
            device_id: Name::new("the device's id", HEXLOWER.encode(&id.as_ref()[..8]))?,
            authority: der(&self.file.authority_certificate)?,
            service: der(&self.file.service_certificate)?,
        })
    }

    /// The pin of the service's key: the first 80 bits of SHA-256 over its SubjectPublicKeyInfo.
    pub fn pin(&self) -> Result<[u8; 10], KeydError> {
        let identity = self.certificates()?;
        let damaged = || KeydError::Damaged { path: "identity.json".into(), what: "the service's certificate".into() };
        let (_, certificate) = X509Certificate::from_der(identity.service.as_slice()).map_err(|_| damaged())?;
        Ok(accounts::pin_of(certificate.public_key().raw))
    }

    /// What tells its authority from another one.
    pub(crate) fn authority(&self) -> String {
        let hash = ring::digest::digest(&ring::digest::SHA256, &self.authority.public);
        HEXLOWER.encode(&hash.as_ref()[..16])
    }

    pub(crate) fn attestation_key(&self) -> &AttestationKey {
        &self.attestation
    }

    /// The service's key, and its certificate.
    pub(crate) fn service(&self) -> (&SigningKey, &[u8]) {
        (&self.service, &self.service_certificate)
    }

    /// A DER ECDSA-Sig-Value, as TLS 1.3 carries it. Who carries handshakes has nothing else signed: what the box says of itself with
    /// this key begins with other bytes.
    pub fn sign_tls(&self, tpm: &mut Tpm, message: &[u8]) -> Result<Vec<u8>, KeydError> {
        let hash = message.strip_prefix(&[b' '; 64]).and_then(|rest| rest.strip_prefix(TLS_CONTEXT));
        if !hash.is_some_and(|hash| [32, 48].contains(&hash.len())) {
            return Err(invalid("it is not what a server signs in TLS 1.3"));
        }
        self.sign_by_service(tpm, message)
    }

    /// A statement of the box, by the key that its pairing codes pin: it begins with words, and so is nothing of TLS's.
    pub(crate) fn sign_by_service(&self, tpm: &mut Tpm, message: &[u8]) -> Result<Vec<u8>, KeydError> {
        Ok(ecdsa_der(&tpm.sign(&self.policy, &self.service, message)?))
    }

    /// A statement of the box, by its authority: it begins with words, and so is no certificate.
    pub(crate) fn sign_statement(&self, tpm: &mut Tpm, statement: &[u8]) -> Result<Vec<u8>, KeydError> {
        Ok(ecdsa_der(&tpm.sign(&self.policy, &self.authority, statement)?))
    }

    /// Issues a client's certificate, and says its serial number and the client's key (a point, uncompressed). The request's own
    /// signature is checked, everything else in it is ignored.
    pub fn issue_client(&self, tpm: &mut Tpm, wanted: &ClientCertificate<'_>) -> Result<Issued, KeydError> {
        if wanted.valid_s == 0 || wanted.valid_s > CLIENT_VALID_MAX_S {
            return Err(invalid("the validity asked for is zero or over two years"));
        }
        let mut request = CertificateSigningRequestParams::from_der(&wanted.csr.into())
            .map_err(|e| invalid(format!("the certificate request: {e}")))?;
        let key = request.public_key.der_bytes().to_vec();
        if request.public_key.algorithm() != &rcgen::PKCS_ECDSA_P256_SHA256 || key.len() != 65 {
            return Err(invalid("the certificate request is for another kind of key than ECDSA P-256"));
        }
        let serial = serial()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, wanted.client);
        params.distinguished_name.push(DnType::OrganizationalUnitName, wanted.role);
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        // A client whose clock is a little behind ours must not find its certificate in the future. Before 1970 there is no time that
        // TLS libraries read, and there a clock may begin.
        params.not_before = (now() - time::Duration::minutes(5)).max(OffsetDateTime::UNIX_EPOCH);
        params.not_after = now() + time::Duration::seconds(wanted.valid_s.into());
        request.params = params;
        let tpm = RefCell::new(tpm);
        let key_of_tpm = TpmKey::new(&tpm, &self.policy, &self.authority);
        let issuer = Issuer::new(authority_params()?, &key_of_tpm);
        let certificate = request.signed_by(&issuer).map_err(|e| key_of_tpm.why(e))?;
        Ok(Issued { der: certificate.der().to_vec(), serial: HEXLOWER.encode(&serial), key })
    }

    /// A quote whose nonce is a head of the audit log; over other PCRs than an evidence's, so that no client can ask for one.
    pub fn sign_head(&self, tpm: &mut Tpm, nonce: &[u8; 32]) -> Result<Quote, KeydError> {
        self.quote(tpm, nonce, &[audit_log::head::PCR])
    }

    /// By the attestation key, over these PCRs.
    pub fn quote(&self, tpm: &mut Tpm, nonce: &[u8], indices: &[u8]) -> Result<Quote, KeydError> {
        let mut pcrs = Vec::new();
        for (index, value) in tpm.pcrs(indices)? {
            pcrs.push((index, Bytes::new("a PCR's value", value)?));
        }
        let quote = tpm.quote(&self.attestation, nonce, indices)?;
        Ok(Quote {
            attest: Bytes::new("a quote", quote.attest)?,
            signature: Bytes::new("a quote's signature", quote.signature)?,
            attestation_key: Bytes::new("the attestation key", self.attestation.public.clone())?,
            pcrs: List::new("PCRs", pcrs)?,
        })
    }

    fn create(tpm: &mut Tpm, policy: Policy, srk_name: String) -> Result<BoxIdentity, KeydError> {
        let (authority_blob, service_blob) = (tpm.create_signing_key(&policy)?, tpm.create_signing_key(&policy)?);
        let (authority, service) = (tpm.load_signing_key(&authority_blob)?, tpm.load_signing_key(&service_blob)?);
        let attestation = tpm.attestation_key()?;
        let tpm = RefCell::new(tpm);
        let (authority_key, service_key) =
            (TpmKey::new(&tpm, &policy, &authority), TpmKey::new(&tpm, &policy, &service));
        let authority_certificate =
            authority_params()?.self_signed(&authority_key).map_err(|e| authority_key.why(e))?;
        let issuer = Issuer::new(authority_params()?, &authority_key);
        let service_certificate =
            service_params()?.signed_by(&service_key, &issuer).map_err(|e| authority_key.why(e))?;
        let file = IdentityFile {
            srk_name,
            authority: authority_blob,
            service: service_blob,
            authority_certificate: HEXLOWER.encode(authority_certificate.der()),
            service_certificate: HEXLOWER.encode(service_certificate.der()),
        };
        let service_certificate = service_certificate.der().to_vec();
        Ok(BoxIdentity { authority, service, attestation, policy, service_certificate, file, is_new: true })
    }
}

/// The keys of authority and service, whose certificates are theirs.
fn load(tpm: &mut Tpm, file: &IdentityFile) -> Result<(SigningKey, SigningKey), KeydError> {
    let authority = tpm.load_signing_key(&file.authority)?;
    let service = tpm.load_signing_key(&file.service)?;
    for (certificate, key) in [(&file.authority_certificate, &authority), (&file.service_certificate, &service)] {
        let der = HEXLOWER.decode(certificate.as_bytes()).unwrap_or_default();
        if !is_certificate_of(&der, &key.point, &authority.point) {
            return Err(TpmError::Damaged("has a certificate that is not its own").into());
        }
    }
    Ok((authority, service))
}

/// The identity that this TPM holds: this one, or one that was kept when this TPM was replaced and has come back. Another TPM's is
/// kept beside.
fn of_this_tpm(found: IdentityFile, srk_name: &str, folder: &Path) -> Result<Option<IdentityFile>, KeydError> {
    if found.srk_name == *srk_name {
        return Ok(Some(found));
    }
    let beside = |srk_name: &str| folder.join(kept_as(srk_name));
    let path = beside(&found.srk_name);
    durable_files::write_json(&path, VERSION, &found).map_err(file("writing", &path))?;
    let own = durable_files::read_json::<IdentityFile>(&beside(srk_name), VERSION, SIZE_MAX).ok().flatten();
    let own = own.filter(|own| own.srk_name == *srk_name);
    if let Some(own) = &own {
        let path = folder.join(FILE);
        durable_files::write_json(&path, VERSION, own).map_err(file("writing", &path))?;
    }
    Ok(own)
}

fn kept_as(srk_name: &str) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, srk_name.as_bytes());
    format!("identity-{}.json", HEXLOWER.encode(&hash.as_ref()[..8]))
}

/// Whether it is for this key, and signed with the issuer's (points, uncompressed).
pub(crate) fn is_certificate_of(der: &[u8], key: &[u8], issuer: &[u8]) -> bool {
    let Ok((rest, certificate)) = X509Certificate::from_der(der) else { return false };
    let signature = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, issuer)
        .verify(certificate.tbs_certificate.as_ref(), &certificate.signature_value.data);
    rest.is_empty() && certificate.public_key().raw.ends_with(key) && signature.is_ok()
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
