//! The hierarchies' authorizations, and the storage root key that stands in the TPM so that nobody needs them to use it.
//!
//! All three are derived from one secret, which this box made ([`crate::ownership`]).

use ring::hmac;
use secrets::Secret;
use tss_esapi::Context;
use tss_esapi::attributes::ObjectAttributesBuilder;
use tss_esapi::constants::{CapabilityType, PropertyTag};
use tss_esapi::handles::{AuthHandle, KeyHandle, ObjectHandle, PersistentTpmHandle, TpmHandle};
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::interface_types::data_handles::Persistent;
use tss_esapi::interface_types::ecc::EccCurve;
use tss_esapi::interface_types::reserved_handles::{Hierarchy, Provision};
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{
    Auth, CapabilityData, EccPoint, Public, PublicBuilder, PublicEccParametersBuilder, SymmetricDefinitionObject,
};

use super::error::{is_authorization, is_no_handle};
use super::{Action, Encrypt, Phase, Policy, SealError, Tpm, TpmError};

/// In the owner's range (TCG, Registry of Reserved TPM 2.0 Handles), away from the well-known handles that other systems fill.
pub(super) const SRK_HANDLE: u32 = 0x8100_8c01;
const SECRET_HANDLES: [u32; 2] = [0x8100_8c02, 0x8100_8c03];

pub(super) const LOCKOUT: &str = "lockout";
/// ownerAuthSet.
const OWNER: u32 = 1;
/// The hierarchies that have an authorization, with their bit in TPM_PT_PERMANENT (TPM 2.0 part 2, 8.6).
const HIERARCHIES: [(AuthHandle, ObjectHandle, u32, &str); 3] = [
    (AuthHandle::Owner, ObjectHandle::Owner, OWNER, "owner"),
    (AuthHandle::Endorsement, ObjectHandle::Endorsement, 2, "endorsement"),
    (AuthHandle::Lockout, ObjectHandle::Lockout, 4, LOCKOUT),
];

impl Tpm {
    /// The secret that the hierarchies' authorizations come from, as the TPM keeps it for this phase of this system.
    pub fn kept_secret(&mut self, policy: &Policy) -> Result<Option<Secret>, SealError> {
        let Some(object) = find(&mut self.context, secret_handle(policy.phase))? else { return Ok(None) };
        match self.unseal_loaded(policy, KeyHandle::from(object)) {
            Ok(secret) => Ok(Some(secret)),
            // Not one of ours.
            Err(SealError::OtherPolicy) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Keeps the secret in the TPM for the policy's phase. In the phase that it is for it is compared.
    pub(crate) fn keep_secret(&mut self, policy: &Policy, now: Phase, secret: &Secret) -> Result<(), SealError> {
        let handle = secret_handle(policy.phase);
        if policy.phase == now && self.kept_secret(policy)?.is_some_and(|kept| kept.equals(secret)) {
            return Ok(());
        }
        let sealed = if policy.phase == now { self.seal(policy, secret)? } else { self.seal_unseen(policy, secret)? };
        if let Some(object) = find(&mut self.context, handle)? {
            self.evict(object, handle)?;
        }
        let object = self.load_sealed(&sealed)?;
        let kept = self.evict(object.into(), handle);
        self.flush(object.into());
        Ok(kept?)
    }

    /// Which of the secrets owns the TPM, and from now on uses it; `None`: nobody does yet. An error: somebody else.
    pub(crate) fn owner_of(&mut self, candidates: Vec<Secret>) -> Result<Option<Secret>, TpmError> {
        let set = self.permanent()?;
        if set & OWNER == 0 {
            return Ok(candidates.into_iter().next());
        }
        for secret in candidates {
            self.hold(&secret, set)?;
            match self.show_ownership() {
                Ok(()) => return Ok(Some(secret)),
                // The owner's authorization may be tried: the TPM counts no failures of it (TPM 2.0 part 1, 19.8).
                Err(TpmError::OtherOwner) => {}
                Err(e) => return Err(e),
            }
        }
        Err(TpmError::OtherOwner)
    }

    /// Gives the hierarchies their authorizations, where they have none, and uses them from now on. What is set already must be
    /// the same: the lockout hierarchy's is not tried, because one wrong try locks it.
    pub fn take_ownership(&mut self, secret: &Secret) -> Result<(), TpmError> {
        let set = self.permanent()?;
        self.hold(secret, set)?;
        for (hierarchy, object, bit, name) in HIERARCHIES {
            if set & bit == 0 {
                let (value, same) = (authorization(secret, name)?, authorization(secret, name)?);
                self.with_session(Encrypt::ToTpm, "set an authorization", |c, _| {
                    c.hierarchy_change_auth(hierarchy, value)
                })?;
                self.context
                    .execute_without_session(|c| c.tr_set_auth(object, same))
                    .action("hold an authorization")?;
            }
        }
        self.show_ownership()
    }

    /// The hierarchies whose bit is set are authorized by this secret.
    fn hold(&mut self, secret: &Secret, set: u32) -> Result<(), TpmError> {
        for (_, object, bit, name) in HIERARCHIES {
            let value = if set & bit == 0 { Auth::default() } else { authorization(secret, name)? };
            self.context.execute_without_session(|c| c.tr_set_auth(object, value)).action("hold an authorization")?;
        }
        Ok(())
    }

    /// A command that changes nothing.
    fn show_ownership(&mut self) -> Result<(), TpmError> {
        let created = self.as_owner("derive a key", |c| {
            c.create_primary(Hierarchy::Owner, storage_root_template()?, None, None, None, None)
        })?;
        self.flush(created.key_handle.into());
        Ok(())
    }

    /// Runs a command under the owner's authorization.
    pub(crate) fn as_owner<T>(
        &mut self,
        action: &'static str,
        command: impl FnOnce(&mut Context) -> tss_esapi::Result<T>,
    ) -> Result<T, TpmError> {
        self.with_session(Encrypt::Both, action, |c, _| command(c)).map_err(|e| match e {
            TpmError::Command { source, .. } if is_authorization(&source) => TpmError::OtherOwner,
            e => e,
        })
    }

    /// Makes a loaded object persistent, or a persistent one end.
    fn evict(&mut self, object: ObjectHandle, handle: u32) -> Result<(), TpmError> {
        let handle = persistent(handle)?;
        self.as_owner("change what stands in it", |c| c.evict_control(Provision::Owner, object, handle).map(drop))
    }

    /// TPM_PT_PERMANENT.
    fn permanent(&mut self) -> Result<u32, TpmError> {
        let (data, _) = self
            .context
            .execute_without_session(|c| {
                c.get_capability(CapabilityType::TpmProperties, PropertyTag::Permanent.into(), 1)
            })
            .action("say whether it has an owner")?;
        let CapabilityData::TpmProperties(list) = data else { return Err(TpmError::Answer("no property")) };
        let found = list.iter().find(|p| p.property() == PropertyTag::Permanent).map(|p| p.value());
        found.ok_or(TpmError::Answer("no property"))
    }
}

/// The storage root key: from its place, where it is put when it is not there. Its Name is stored with all that is sealed.
pub(super) fn storage_root_key(context: &mut Context) -> Result<KeyHandle, TpmError> {
    if let Some(object) = find(context, SRK_HANDLE)? {
        return Ok(object.into());
    }
    let owner = |e: tss_esapi::Error, action| match is_authorization(&e) {
        true => TpmError::OtherOwner,
        false => TpmError::Command { action, source: e },
    };
    // The owner's authorization is empty here, or this box put the key there: nothing is to be protected on the bus.
    context.execute_with_session(Some(AuthSession::Password), |c| {
        let template = storage_root_template().action("describe its storage root key")?;
        let created = c
            .create_primary(Hierarchy::Owner, template, None, None, None, None)
            .map_err(|e| owner(e, "create its storage root key"))?;
        let kept = c.evict_control(Provision::Owner, created.key_handle.into(), persistent(SRK_HANDLE)?);
        let _ = c.flush_context(created.key_handle.into());
        kept.map(KeyHandle::from).map_err(|e| owner(e, "keep its storage root key"))
    })
}

fn secret_handle(phase: Phase) -> u32 {
    match phase {
        Phase::Early => SECRET_HANDLES[0],
        Phase::Ready => SECRET_HANDLES[1],
    }
}

fn find(context: &mut Context, handle: u32) -> Result<Option<ObjectHandle>, TpmError> {
    let handle = PersistentTpmHandle::new(handle).action("hold a persistent handle")?;
    match context.execute_without_session(|c| c.tr_from_tpm_public(TpmHandle::Persistent(handle))) {
        Ok(object) => Ok(Some(object)),
        Err(e) if is_no_handle(&e) => Ok(None),
        Err(source) => Err(TpmError::Command { action: "look at what stands in it", source }),
    }
}

fn persistent(handle: u32) -> Result<Persistent, TpmError> {
    PersistentTpmHandle::new(handle).map(Persistent::Persistent).action("hold a persistent handle")
}

/// A hierarchy's authorization.
fn authorization(secret: &Secret, name: &str) -> Result<Auth, TpmError> {
    Auth::from_bytes(authorization_value(secret, name).expose()).action("hold an authorization")
}

/// 32 bytes.
pub(super) fn authorization_value(secret: &Secret, name: &str) -> Secret {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
    Secret::copy_of(hmac::sign(&key, format!("coffer {name}").as_bytes()).as_ref())
}

/// TCG EK Credential Profile's storage key template H-2 (ECC P-256), with noDA: its empty authorization must not be lockable.
fn storage_root_template() -> tss_esapi::Result<Public> {
    PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::Ecc)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(
            ObjectAttributesBuilder::new()
                .with_fixed_tpm(true)
                .with_fixed_parent(true)
                .with_sensitive_data_origin(true)
                .with_user_with_auth(true)
                .with_no_da(true)
                .with_restricted(true)
                .with_decrypt(true)
                .build()?,
        )
        .with_ecc_parameters(
            PublicEccParametersBuilder::new_restricted_decryption_key(
                SymmetricDefinitionObject::AES_128_CFB,
                EccCurve::NistP256,
            )
            .build()?,
        )
        .with_ecc_unique_identifier(EccPoint::default())
        .build()
}
