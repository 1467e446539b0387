//! Sealing to "this TPM, and what [`super::policy`] asks for", and unsealing.

use data_encoding::HEXLOWER;
use ipc::early::Sealed;
use secrets::Secret;
use tss_esapi::attributes::ObjectAttributesBuilder;
use tss_esapi::handles::{KeyHandle, ObjectHandle};
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::structures::{
    Digest, KeyedHashScheme, Private, Public, PublicBuilder, PublicKeyedHashParameters, SensitiveData,
};
use tss_esapi::traits::{Marshall, UnMarshall};

use super::counter::at_count;
use super::policy::{self, Policy};
use super::{Action, Encrypt, Tpm, TpmError};

pub(super) const LOAD: &str = "load a sealed object";

/// Why a sealed secret stays closed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("this is another TPM than the one the key was sealed to, or it was cleared")]
    OtherTpm,
    #[error("the kernel was given extra parameters or other add-ons that nobody signed (PCR 12 is not zero)")]
    ExtraParameters,
    #[error(
        "Secure Boot is in another state than the one that the keys were sealed for: it was switched on or off, its keys were changed, \
         or the image is another vendor's (PCR 7 is {pcr7})"
    )]
    NotApproved { pcr7: String },
    #[error("the firmware measured nothing about Secure Boot (PCR 7 is {pcr7})")]
    NotMeasured { pcr7: String },
    #[error("this image is too old: its security version is {version}, and a newer one has run here since")]
    TooOld { version: u8 },
    #[error("the TPM has lost what it knows about this box (its NV index {index} is gone)")]
    IndexLost { index: &'static str },
    #[error("PCR 11 ({pcr11}) is not a state that the vendor signed: another image, or another phase of the boot")]
    NotSigned { pcr11: String },
    #[error("it takes the PIN")]
    PinNeeded,
    #[error("the PIN is wrong")]
    PinWrong,
    #[error("the PIN was wrong too often, and the right one is not taken any more: it takes the recovery key")]
    PinLocked,
    #[error("it was sealed under another policy than this system's")]
    OtherPolicy,
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
            | SealError::NotApproved { .. }
            | SealError::NotMeasured { .. }
            | SealError::TooOld { .. }
            | SealError::IndexLost { .. }
            | SealError::NotSigned { .. }
            | SealError::PinNeeded
            | SealError::PinWrong
            | SealError::PinLocked
            | SealError::OtherPolicy
            | SealError::Differs => false,
        }
    }

    /// Another PIN, or any, would open it.
    pub(crate) fn is_about_pin(&self) -> bool {
        matches!(self, SealError::PinNeeded | SealError::PinWrong | SealError::PinLocked)
    }

    /// Nothing is broken: what was measured, or the policy that came with it, is not what it takes. Another boot may open it.
    pub fn is_of_this_system(&self) -> bool {
        matches!(
            self,
            SealError::ExtraParameters
                | SealError::NotApproved { .. }
                | SealError::NotMeasured { .. }
                | SealError::TooOld { .. }
                | SealError::NotSigned { .. }
                | SealError::OtherPolicy
                | SealError::Tpm(TpmError::Policy(_) | TpmError::NoBank { .. })
        ) || self.is_about_pin()
    }
}

impl Tpm {
    /// Seals, unseals again and compares: a TPM or a policy that would lose the key is found now, not at the next boot.
    pub fn seal(&mut self, policy: &Policy, secret: &Secret) -> Result<Sealed, SealError> {
        let sealed = self.seal_unseen(policy, secret)?;
        if self.unseal(policy, &sealed)?.equals(secret) { Ok(sealed) } else { Err(SealError::Differs) }
    }

    /// Seals to a state that is still to come: that it loads is all that can be tried.
    pub fn seal_ahead(&mut self, policy: &Policy, secret: &Secret) -> Result<Sealed, SealError> {
        let sealed = self.seal_unseen(policy, secret)?;
        let object = self.load_sealed(&sealed)?;
        self.flush(object.into());
        Ok(sealed)
    }

    /// Seals without looking: for a phase that is still to come.
    pub(super) fn seal_unseen(&mut self, policy: &Policy, secret: &Secret) -> Result<Sealed, SealError> {
        let digest = policy::sealed(policy.phase);
        let digest = policy.count.map_or(digest, |count| at_count(&digest, count));
        let public = sealed_template(&digest).action("hold a sealed object's template")?;
        let data = SensitiveData::try_from(secret.expose().to_vec()).action("hold the secret")?;
        let created =
            self.with_session(Encrypt::Both, "seal", |c, srk| c.create(srk, public, None, Some(data), None, None))?;
        Ok(Sealed {
            srk_name: HEXLOWER.encode(&self.srk_name),
            public: HEXLOWER.encode(&created.out_public.marshall().action("marshal a sealed object")?),
            private: HEXLOWER.encode(created.out_private.as_bytes()),
            owner: None,
        })
    }

    pub fn unseal(&mut self, policy: &Policy, sealed: &Sealed) -> Result<Secret, SealError> {
        if sealed.srk_name != HEXLOWER.encode(&self.srk_name) {
            return Err(SealError::OtherTpm);
        }
        let object = self.load_sealed(sealed)?;
        let result = self.unseal_loaded(policy, object);
        self.flush(object.into());
        result
    }

    pub(super) fn load_sealed(&mut self, sealed: &Sealed) -> Result<KeyHandle, SealError> {
        let public = decode(&sealed.public, "its public area")?;
        let public = Public::unmarshall(&public).map_err(|_| SealError::Damaged("its public area"))?;
        let private = decode(&sealed.private, "its private area")?;
        let private = Private::try_from(private).map_err(|_| SealError::Damaged("its private area"))?;
        Ok(self.with_session(Encrypt::None, LOAD, |c, srk| c.load(srk, private, public))?)
    }

    pub(super) fn unseal_loaded(&mut self, policy: &Policy, object: KeyHandle) -> Result<Secret, SealError> {
        let data = self.with_policy(policy, Encrypt::FromTpm, "unseal", |c| c.unseal(ObjectHandle::from(object)))?;
        Ok(Secret::copy_of(data.as_bytes()))
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
