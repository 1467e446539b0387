//! The endorsement hierarchy: the key that the TPM's maker certified, and the attestation key.
//!
//! The attestation key is a primary key of this hierarchy: derived at each start from a seed that outlives TPM2_Clear, so there is
//! nothing to store and nothing to swap; and only here does the TPM show its reset counters and firmware version as they are
//! (TPM 2.0 part 1, 36.7: elsewhere they are obfuscated).

use tss_esapi::attributes::ObjectAttributesBuilder;
use tss_esapi::constants::SessionType;
use tss_esapi::handles::{AuthHandle, KeyHandle, SessionHandle};
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::interface_types::key_bits::RsaKeyBits;
use tss_esapi::interface_types::reserved_handles::{Hierarchy, NvAuth};
use tss_esapi::interface_types::session_handles::{AuthSession, PolicySession};
use tss_esapi::structures::{
    Data, Digest, EncryptedSecret, IdObject, Nonce, Public, PublicBuilder, PublicKeyRsa, PublicRsaParametersBuilder,
    RsaExponent, RsaScheme, SignatureScheme, SymmetricDefinitionObject,
};
use tss_esapi::traits::Marshall;

use super::nv::Index;
use super::sign::{Certified, SigningKey, attestation_template, certified};
use super::{Action, Encrypt, Tpm, TpmError, selection};

/// PolicySecret(TPM_RH_ENDORSEMENT) (B.6.2, PolicyA).
const POLICY_A: [u8; 32] = [
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7,
    0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
];

/// The attestation key, loaded: ECDSA P-256, restricted to what the TPM itself made.
pub struct AttestationKey {
    handle: KeyHandle,
    /// TPMT_PUBLIC, marshalled.
    pub public: Vec<u8>,
}

/// What tells whose TPM it is.
#[derive(Clone)]
pub struct Endorsement {
    /// TPMT_PUBLIC, marshalled: RSA, 2048 bits.
    pub public: Vec<u8>,
    /// X.509, DER, as the TPM's maker left it in the TPM; `None`: there is none.
    pub certificate: Option<Vec<u8>>,
    /// X.509, DER: what the maker left there between that certificate and its root.
    pub intermediates: Vec<Vec<u8>>,
}

impl Tpm {
    /// Derives the attestation key. It takes the endorsement hierarchy's authorization.
    pub fn attestation_key(&mut self) -> Result<AttestationKey, TpmError> {
        let template = attestation_template().action("describe the attestation key")?;
        let created = self.as_owner("derive the attestation key", |c| {
            c.create_primary(Hierarchy::Endorsement, template, None, None, None, None)
        })?;
        let public = created.out_public.marshall().action("marshal the attestation key")?;
        Ok(AttestationKey { handle: created.key_handle, public })
    }

    /// The endorsement key and its certificate. Deriving it takes seconds in a slow TPM.
    pub fn endorsement(&mut self) -> Result<Endorsement, TpmError> {
        let (key, public) = self.endorsement_key()?;
        self.flush(key.into());
        let (certificate, intermediates) = (self.maker_certificate()?, self.maker_intermediates()?);
        Ok(Endorsement { public, certificate, intermediates })
    }

    /// TPM2_ActivateCredential: the secret that was encrypted for a TPM that holds both this endorsement key and this attestation key.
    /// `credential`: the content of a TPM2B_ID_OBJECT, `secret`: of a TPM2B_ENCRYPTED_SECRET.
    pub fn activate_credential(
        &mut self,
        key: &AttestationKey,
        credential: &[u8],
        secret: &[u8],
    ) -> Result<Vec<u8>, TpmError> {
        let credential = IdObject::try_from(credential.to_vec()).action("hold a credential")?;
        let secret = EncryptedSecret::try_from(secret.to_vec()).action("hold a credential's secret")?;
        let (endorsement, _) = self.endorsement_key()?;
        let session = self.salted_session(SessionType::Policy, Encrypt::None);
        let activated = session.and_then(|session| {
            let result = self.activate(key.handle, endorsement, session, credential, secret);
            self.flush(SessionHandle::from(session).into());
            result
        });
        self.flush(endorsement.into());
        activated.map(|digest| digest.as_bytes().to_vec())
    }

    /// TPM2_Quote over PCRs of the SHA-256 bank.
    pub fn quote(&mut self, key: &AttestationKey, nonce: &[u8], pcrs: &[u8]) -> Result<Certified, TpmError> {
        let (data, list) = (data(nonce)?, selection(pcrs).action("select PCRs")?);
        let handle = key.handle;
        certified(self.with_session(Encrypt::Both, "quote", |c, _| c.quote(handle, data, SignatureScheme::Null, list))?)
    }

    /// TPM2_Certify: that this key is in this TPM, and under which policy.
    pub fn certify(
        &mut self,
        key: &AttestationKey,
        subject: &SigningKey,
        qualifying: &[u8],
    ) -> Result<Certified, TpmError> {
        let (data, signer) = (data(qualifying)?, key.handle);
        self.with_loaded(subject, |tpm, subject| {
            // Two sessions, one for each of the two keys; the first also carries the encryption.
            let second = tpm.salted_session(SessionType::Hmac, Encrypt::None)?;
            let first = tpm.hmac_session(Encrypt::Both);
            let result = first.and_then(|first| {
                let result = tpm
                    .context
                    .execute_with_sessions((Some(first), Some(second), None), |c| {
                        c.certify(subject.into(), signer, data, SignatureScheme::Null)
                    })
                    .action("certify a key");
                tpm.end_hmac_session(first, result.is_ok());
                result
            });
            tpm.flush(SessionHandle::from(second).into());
            certified(result?)
        })
    }

    /// TPM2_NV_Certify: what an index holds; `None`: there is no such index.
    pub fn certify_index(
        &mut self,
        key: &AttestationKey,
        index: Index,
        qualifying: &[u8],
    ) -> Result<Option<Certified>, TpmError> {
        let Some(handle) = self.index(index)? else { return Ok(None) };
        let (data, signer) = (data(qualifying)?, key.handle);
        let second = self.salted_session(SessionType::Hmac, Encrypt::None)?;
        let first = self.hmac_session(Encrypt::Both);
        let result = first.and_then(|first| {
            let result = self
                .context
                .execute_with_sessions((Some(first), Some(second), None), |c| {
                    c.nv_certify(signer, NvAuth::NvIndex(handle), handle, data, SignatureScheme::Null, index.size(), 0)
                })
                .action("certify an NV index");
            self.end_hmac_session(first, result.is_ok());
            result
        });
        self.flush(SessionHandle::from(second).into());
        certified(result?).map(Some)
    }

    fn endorsement_key(&mut self) -> Result<(KeyHandle, Vec<u8>), TpmError> {
        let template = endorsement_template().action("describe the endorsement key")?;
        let created = self.as_owner("derive the endorsement key", |c| {
            c.create_primary(Hierarchy::Endorsement, template, None, None, None, None)
        })?;
        let public = created.out_public.marshall().action("marshal the endorsement key")?;
        Ok((created.key_handle, public))
    }

    fn activate(
        &mut self,
        key: KeyHandle,
        endorsement: KeyHandle,
        session: AuthSession,
        credential: IdObject,
        secret: EncryptedSecret,
    ) -> Result<Digest, TpmError> {
        let policy_session = PolicySession::try_from(session).action("use a policy session")?;
        // The endorsement key's policy: who has the hierarchy's authorization (EK Credential Profile, PolicyA).
        self.with_session(Encrypt::None, "use the endorsement key", |c, _| {
            c.policy_secret(
                policy_session,
                AuthHandle::Endorsement,
                Nonce::default(),
                Digest::default(),
                Nonce::default(),
                None,
            )
        })?;
        let hmac = self.hmac_session(Encrypt::Both)?;
        let result = self
            .context
            .execute_with_sessions((Some(hmac), Some(session), None), |c| {
                c.activate_credential(key, endorsement, credential, secret)
            })
            .action("activate a credential");
        self.end_hmac_session(hmac, result.is_ok());
        result
    }
}

/// Template L-1 of the EK Credential Profile (B.3.3): it must be this to the bit, or it is not the key that was certified.
fn endorsement_template() -> tss_esapi::Result<Public> {
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::Rsa)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(
            ObjectAttributesBuilder::new()
                .with_fixed_tpm(true)
                .with_fixed_parent(true)
                .with_sensitive_data_origin(true)
                .with_admin_with_policy(true)
                .with_restricted(true)
                .with_decrypt(true)
                .build()?,
        )
        .with_auth_policy(Digest::try_from(POLICY_A.to_vec())?)
        .with_rsa_parameters(
            PublicRsaParametersBuilder::new()
                .with_symmetric(SymmetricDefinitionObject::AES_128_CFB)
                .with_scheme(RsaScheme::Null)
                .with_key_bits(RsaKeyBits::Rsa2048)
                .with_exponent(RsaExponent::default())
                .with_is_signing_key(false)
                .with_is_decryption_key(true)
                .with_restricted(true)
                .build()?,
        )
        .with_rsa_unique_identifier(PublicKeyRsa::new_empty_with_size(RsaKeyBits::Rsa2048))
        .build()
}

fn data(bytes: &[u8]) -> Result<Data, TpmError> {
    Data::try_from(bytes.to_vec()).action("hold a nonce")
}
