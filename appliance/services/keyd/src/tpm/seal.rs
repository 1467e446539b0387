//! Sealing to "this TPM, a PCR 11 that the vendor signed, and PCR 12 == 0", and unsealing.

use data_encoding::HEXLOWER;
use ipc::early::Sealed;
use secrets::Secret;
use tss_esapi::attributes::ObjectAttributesBuilder;
use tss_esapi::constants::SessionType;
use tss_esapi::handles::{KeyHandle, ObjectHandle, SessionHandle};
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::interface_types::reserved_handles::Hierarchy;
use tss_esapi::interface_types::session_handles::PolicySession;
use tss_esapi::structures::{
    Digest, KeyedHashScheme, Nonce, Private, Public, PublicBuilder, PublicKeyRsa, PublicKeyedHashParameters,
    RsaSignature, SensitiveData, Signature,
};
use tss_esapi::traits::{Marshall, UnMarshall};

use super::policy::{Policy, policy_pcr, sealed_policy_digest, sha256};
use super::{Action, Encrypt, Tpm, TpmError, is_about_content, is_policy_failure, selection};

pub(super) const LOAD: &str = "load a sealed object";

/// Why a sealed secret stays closed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("this is another TPM than the one the key was sealed to, or it was cleared")]
    OtherTpm,
    #[error("the kernel was given extra parameters or other add-ons that nobody signed (PCR 12 is not zero)")]
    ExtraParameters,
    #[error("PCR 11 ({pcr11}) is not a state that the vendor signed: another image, or another phase of the boot")]
    NotSigned { pcr11: String },
    #[error("this image is signed by another vendor key than the one that the key was sealed for")]
    OtherVendor,
    #[error("the sealed key is damaged: {0}")]
    Damaged(&'static str),
    #[error("what was unsealed differs from what was sealed")]
    Differs,
    #[error(transparent)]
    Tpm(#[from] TpmError),
}

impl SealError {
    /// See [`TpmError::is_damage`].
    pub fn is_damage(&self) -> bool {
        match self {
            SealError::Damaged(_) => true,
            SealError::Tpm(e) => e.is_damage(),
            SealError::OtherTpm
            | SealError::ExtraParameters
            | SealError::NotSigned { .. }
            | SealError::OtherVendor
            | SealError::Differs => false,
        }
    }

    /// Nothing is broken: what was measured, or the policy that came with it, is not what it takes. Another boot may open it.
    pub fn is_of_this_system(&self) -> bool {
        matches!(
            self,
            SealError::ExtraParameters
                | SealError::NotSigned { .. }
                | SealError::OtherVendor
                | SealError::Tpm(TpmError::Policy(_) | TpmError::NoBank { .. })
        )
    }
}

impl Tpm {
    /// Seals, unseals again and compares: a TPM or a policy that would lose the key is found now, not at the next boot.
    pub fn seal(&mut self, policy: &Policy, secret: &Secret) -> Result<Sealed, SealError> {
        let vendor = self.load_vendor_key(policy)?;
        let name = self.context.tr_get_name(vendor.into()).action("name the vendor's key");
        self.flush(vendor.into());
        let public = sealed_template(&sealed_policy_digest(name?.value())).action("hold a sealed object's template")?;
        let data = SensitiveData::try_from(secret.expose().to_vec()).action("hold the secret")?;
        let created =
            self.with_session(Encrypt::Both, "seal", |c, srk| c.create(srk, public, None, Some(data), None, None))?;
        let sealed = Sealed {
            srk_name: HEXLOWER.encode(&self.srk_name),
            public: HEXLOWER.encode(&created.out_public.marshall().action("marshal a sealed object")?),
            private: HEXLOWER.encode(created.out_private.as_bytes()),
        };
        if self.unseal(policy, &sealed)?.equals(secret) { Ok(sealed) } else { Err(SealError::Differs) }
    }

    pub fn unseal(&mut self, policy: &Policy, sealed: &Sealed) -> Result<Secret, SealError> {
        if sealed.srk_name != HEXLOWER.encode(&self.srk_name) {
            return Err(SealError::OtherTpm);
        }
        let (pcr11, pcr12) = self.policy_pcrs()?;
        if pcr12 != [0; 32] {
            return Err(SealError::ExtraParameters);
        }
        let public = decode(&sealed.public, "its public area")?;
        let public = Public::unmarshall(&public).map_err(|_| SealError::Damaged("its public area"))?;
        let private = decode(&sealed.private, "its private area")?;
        let private = Private::try_from(private).map_err(|_| SealError::Damaged("its private area"))?;
        let object = self.with_session(Encrypt::None, LOAD, |c, srk| c.load(srk, private, public))?;
        let result = self.unseal_loaded(policy, object, &pcr11);
        self.flush(object.into());
        result
    }

    fn unseal_loaded(&mut self, policy: &Policy, object: KeyHandle, pcr11: &[u8; 32]) -> Result<Secret, SealError> {
        let session = self.salted_session(SessionType::Policy, Encrypt::None)?;
        let result = PolicySession::try_from(session).action("use a policy session").map_err(SealError::from).and_then(
            |policy_session| {
                self.satisfy(policy, policy_session, pcr11)?;
                // A second session carries the encryption: on the policy session itself some tpm2-tss versions get it wrong.
                let hmac = self.salted_session(SessionType::Hmac, Encrypt::FromTpm)?;
                let data = self
                    .context
                    .execute_with_sessions((Some(session), Some(hmac), None), |c| c.unseal(ObjectHandle::from(object)))
                    .action("unseal");
                self.flush(SessionHandle::from(hmac).into());
                match data {
                    Ok(data) => Ok(Secret::copy_of(data.as_bytes())),
                    Err(TpmError::Command { source, .. }) if is_policy_failure(&source) => Err(SealError::OtherVendor),
                    Err(e) => Err(e.into()),
                }
            },
        );
        self.flush(SessionHandle::from(session).into());
        result
    }

    /// Brings a policy session to the digest that the sealed object asks for.
    fn satisfy(&mut self, policy: &Policy, session: PolicySession, pcr11: &[u8; 32]) -> Result<(), SealError> {
        let pol = policy_pcr(&[0; 32], 11, pcr11);
        let approved = policy
            .approved
            .iter()
            .find(|a| a.digest == pol)
            .ok_or_else(|| SealError::NotSigned { pcr11: HEXLOWER.encode(pcr11) })?;
        let signature = PublicKeyRsa::try_from(approved.signature.clone())
            .and_then(|s| RsaSignature::create(HashingAlgorithm::Sha256, s))
            .map_err(|_| TpmError::Policy("its signature is no RSA signature".into()))?;
        let vendor = self.load_vendor_key(policy)?;
        let result = self.context.execute_without_session(|c| {
            c.policy_pcr(session, Digest::default(), selection(&[11])?)?;
            let ticket =
                c.verify_signature(vendor, Digest::try_from(sha256(&[&pol]).to_vec())?, Signature::RsaSsa(signature))?;
            let name = c.tr_get_name(vendor.into())?;
            c.policy_authorize(session, Digest::try_from(pol.to_vec())?, Nonce::default(), &name, ticket)?;
            c.policy_pcr(session, Digest::default(), selection(&[12])?)
        });
        self.flush(vendor.into());
        result.map_err(|source| match is_about_content(&source) {
            // Signed by the other phase's key: this phase is not one that may unseal.
            true => SealError::NotSigned { pcr11: HEXLOWER.encode(pcr11) },
            false => SealError::Tpm(TpmError::Command { action: "check the vendor's signature", source }),
        })
    }

    fn policy_pcrs(&mut self) -> Result<([u8; 32], [u8; 32]), SealError> {
        let values = self.pcrs(&[11, 12])?;
        let value = |i: usize| {
            <[u8; 32]>::try_from(values[i].1.as_slice()).map_err(|_| TpmError::NoBank { index: values[i].0 })
        };
        Ok((value(0)?, value(1)?))
    }

    fn load_vendor_key(&mut self, policy: &Policy) -> Result<KeyHandle, TpmError> {
        let key = policy.key.clone();
        self.context
            .execute_without_session(|c| c.load_external(None, key, Hierarchy::Owner))
            .action("load the vendor's public key")
    }
}

fn sealed_template(policy: &[u8; 32]) -> tss_esapi::Result<Public> {
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::KeyedHash)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        // Neither userWithAuth nor sensitiveDataOrigin: the policy is the only way in. noDA: there is nothing to guess.
        .with_object_attributes(
            ObjectAttributesBuilder::new()
                .with_fixed_tpm(true)
                .with_fixed_parent(true)
                .with_admin_with_policy(true)
                .with_no_da(true)
                .build()?,
        )
        .with_auth_policy(Digest::try_from(policy.to_vec())?)
        .with_keyed_hash_parameters(PublicKeyedHashParameters::new(KeyedHashScheme::Null))
        .with_keyed_hash_unique_identifier(Digest::default())
        .build()
}

fn decode(hex: &str, what: &'static str) -> Result<Vec<u8>, SealError> {
    HEXLOWER.decode(hex.as_bytes()).map_err(|_| SealError::Damaged(what))
}
