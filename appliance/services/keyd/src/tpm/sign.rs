//! Signing keys that live in the TPM.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use tss_esapi::attributes::ObjectAttributesBuilder;
use tss_esapi::constants::tss::{TPM2_RH_NULL, TPM2_ST_HASHCHECK};
use tss_esapi::handles::KeyHandle;
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::interface_types::ecc::EccCurve;
use tss_esapi::structures::{
    Attest, Digest, EccParameter, EccPoint, EccScheme, HashScheme, HashcheckTicket, KeyDerivationFunctionScheme,
    Private, Public, PublicBuilder, PublicEccParametersBuilder, Signature, SignatureScheme,
};
use tss_esapi::traits::{Marshall, UnMarshall};
use tss_esapi::tss2_esys::TPMT_TK_HASHCHECK;

use super::policy::{self, sha256};
use super::{Action, Encrypt, Policy, SealError, Tpm, TpmError, digest_of};

pub(super) const LOAD: &str = "load a signing key";

/// A key wrapped by the TPM's storage root key, as it lies on disk. Hexadecimal; useless without this TPM.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeyBlob {
    public: String,
    private: String,
}

/// What the attestation key signed.
pub struct Certified {
    /// TPMS_ATTEST, marshalled.
    pub attest: Vec<u8>,
    /// TPMT_SIGNATURE, marshalled.
    pub signature: Vec<u8>,
}

/// An ECDSA P-256 key, decoded. It is loaded for each use: a TPM has room for three objects, and not all have a resource manager.
pub struct SigningKey {
    loadable: (Private, Public),
    /// Uncompressed point: 4, x, y.
    pub point: Vec<u8>,
    /// TPMT_PUBLIC, marshalled.
    pub public: Vec<u8>,
}

impl Tpm {
    /// A key that signs only in a system that `policy` takes.
    pub fn create_signing_key(&mut self, policy: &Policy) -> Result<KeyBlob, TpmError> {
        let template = signing_template(&policy::sealed(policy.phase)).action("hold a signing key's template")?;
        let created = self.with_session(Encrypt::Both, "create a signing key", |c, srk| {
            c.create(srk, template, None, None, None, None)
        })?;
        Ok(KeyBlob {
            public: HEXLOWER.encode(&created.out_public.marshall().action("marshal a key")?),
            private: HEXLOWER.encode(created.out_private.as_bytes()),
        })
    }

    /// Decodes a key and loads it once: a key of another TPM is found now.
    pub fn load_signing_key(&mut self, blob: &KeyBlob) -> Result<SigningKey, TpmError> {
        let damaged = || TpmError::Damaged("is not hexadecimal");
        let public_bytes = HEXLOWER.decode(blob.public.as_bytes()).map_err(|_| damaged())?;
        let private = HEXLOWER.decode(blob.private.as_bytes()).map_err(|_| damaged())?;
        let public = Public::unmarshall(&public_bytes).map_err(|_| TpmError::Damaged("has no public area"))?;
        let private = Private::try_from(private).map_err(|_| TpmError::Damaged("has no private area"))?;
        let point = match &public {
            Public::Ecc { unique, .. } => uncompressed(unique.x().as_bytes(), unique.y().as_bytes()),
            _ => return Err(TpmError::Damaged("is not an elliptic curve key")),
        };
        let key = SigningKey { loadable: (private, public), point, public: public_bytes };
        self.with_loaded(&key, |_, _| Ok::<_, TpmError>(()))?;
        Ok(key)
    }

    /// ECDSA over SHA-256 of `message`; r and s, 32 bytes each.
    pub fn sign(&mut self, policy: &Policy, key: &SigningKey, message: &[u8]) -> Result<[u8; 64], SealError> {
        let digest = digest_of(&sha256(&[message]))?;
        let ticket = no_ticket()?;
        let signature = self.with_loaded(key, |tpm, handle| {
            tpm.with_policy(policy, Encrypt::ToTpm, "sign", |c| c.sign(handle, digest, SignatureScheme::Null, ticket))
        })?;
        Ok(fixed_signature(&signature)?)
    }

    pub(super) fn with_loaded<T, E: From<TpmError>>(
        &mut self,
        key: &SigningKey,
        command: impl FnOnce(&mut Tpm, KeyHandle) -> Result<T, E>,
    ) -> Result<T, E> {
        let (private, public) = key.loadable.clone();
        let handle = self.with_session(Encrypt::None, LOAD, |c, srk| c.load(srk, private, public))?;
        let result = command(self, handle);
        self.flush(handle.into());
        result
    }
}

/// The attestation key's answer, marshalled.
pub(super) fn certified((attest, signature): (Attest, Signature)) -> Result<Certified, TpmError> {
    Ok(Certified {
        attest: attest.marshall().action("marshal an attestation")?,
        signature: signature.marshall().action("marshal a signature")?,
    })
}

/// A "nothing to prove" ticket, for keys that are not restricted.
fn no_ticket() -> Result<HashcheckTicket, TpmError> {
    TPMT_TK_HASHCHECK { tag: TPM2_ST_HASHCHECK, hierarchy: TPM2_RH_NULL, digest: Default::default() }
        .try_into()
        .action("hold a ticket")
}

fn fixed_signature(signature: &Signature) -> Result<[u8; 64], TpmError> {
    let Signature::EcDsa(ecc) = signature else {
        return Err(TpmError::Answer("a signature that is not ECDSA's"));
    };
    let mut fixed = [0; 64];
    // The TPM may drop leading zeros.
    let (r, s) = (ecc.signature_r().as_bytes(), ecc.signature_s().as_bytes());
    if r.len() > 32 || s.len() > 32 {
        return Err(TpmError::Answer("a signature longer than its curve"));
    }
    fixed[32 - r.len()..32].copy_from_slice(r);
    fixed[64 - s.len()..].copy_from_slice(s);
    Ok(fixed)
}

fn uncompressed(x: &[u8], y: &[u8]) -> Vec<u8> {
    let mut point = vec![0u8; 65];
    point[0] = 4;
    point[33 - x.len()..33].copy_from_slice(x);
    point[65 - y.len()..].copy_from_slice(y);
    point
}

/// No userWithAuth: the policy is the only way to a signature.
fn signing_template(policy: &[u8; 32]) -> tss_esapi::Result<Public> {
    template(
        ObjectAttributesBuilder::new()
            .with_fixed_tpm(true)
            .with_fixed_parent(true)
            .with_sensitive_data_origin(true)
            .with_no_da(true)
            .with_sign_encrypt(true),
        Digest::try_from(policy.to_vec())?,
        EccPoint::default(),
    )
}

/// Restricted: it signs nothing but what the TPM itself made. Who can derive it may use it, and that takes an authorization.
pub(super) fn attestation_template() -> tss_esapi::Result<Public> {
    let unique = EccParameter::try_from(b"Coffer attestation key".to_vec())?;
    template(
        ObjectAttributesBuilder::new()
            .with_fixed_tpm(true)
            .with_fixed_parent(true)
            .with_sensitive_data_origin(true)
            .with_user_with_auth(true)
            .with_no_da(true)
            .with_restricted(true)
            .with_sign_encrypt(true),
        Digest::default(),
        EccPoint::new(unique, EccParameter::default()),
    )
}

fn template(attributes: ObjectAttributesBuilder, policy: Digest, unique: EccPoint) -> tss_esapi::Result<Public> {
    let attributes = attributes.build()?;
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::Ecc)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(attributes)
        .with_auth_policy(policy)
        .with_ecc_parameters(
            PublicEccParametersBuilder::new()
                .with_ecc_scheme(EccScheme::EcDsa(HashScheme::new(HashingAlgorithm::Sha256)))
                .with_curve(EccCurve::NistP256)
                .with_key_derivation_function_scheme(KeyDerivationFunctionScheme::Null)
                .with_is_signing_key(true)
                .with_is_decryption_key(false)
                .with_restricted(attributes.restricted())
                .build()?,
        )
        .with_ecc_unique_identifier(unique)
        .build()
}
