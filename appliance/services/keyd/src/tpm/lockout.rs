//! The TPM's defence against guessing: after so many wrong authorizations it answers none for a while. Nothing that this box needs
//! to start is behind it, so what counts here was done by somebody else.

use ipc::keyd::TpmState;
use tpm_lockout::Lockout;
use tss_esapi::constants::{CapabilityType, PropertyTag};
use tss_esapi::structures::CapabilityData;

use super::owner::{LOCKOUT, SRK_HANDLE, authorization_value};
use super::{Action, Policy, SealError, Tpm, TpmError};

/// TPMA_PERMANENT, `inLockout`.
const IN_LOCKOUT: u32 = 1 << 9;

impl Tpm {
    /// With nothing of what is planned, which is [`Tpm::expected`].
    pub fn lockout(&mut self) -> Result<TpmState, TpmError> {
        Ok(TpmState {
            failed: self.property(PropertyTag::LockoutCounter)?,
            failed_max: self.property(PropertyTag::MaxAuthFail)?,
            interval_s: self.property(PropertyTag::LockoutInterval)?,
            recovery_s: self.property(PropertyTag::LockoutRecovery)?,
            is_locked: self.property(PropertyTag::Permanent)? & IN_LOCKOUT != 0,
            has_pin: self.has_pin()?,
            planned_pcr7: None,
        })
    }

    /// The connection by which [`Tpm::reset_lockout`] goes, opened before the jail is entered.
    pub fn set_lockout(&mut self, lockout: Lockout) {
        self.lockout = Some(lockout);
    }

    /// Has the TPM forget what it counts. `ready`: the policy of this phase.
    pub fn reset_lockout(&mut self, ready: &Policy) -> Result<(), SealError> {
        let secret = self.kept_secret(ready)?.ok_or(TpmError::OtherOwner)?;
        let lockout = self.lockout.as_mut().ok_or(TpmError::OneConnection)?;
        Ok(lockout.reset(SRK_HANDLE, &authorization_value(&secret, LOCKOUT)).map_err(TpmError::from)?)
    }

    /// As it is now: the library's own call for this answers from its memory.
    fn property(&mut self, tag: PropertyTag) -> Result<u32, TpmError> {
        let (found, _) = self
            .context
            .execute_without_session(|c| c.get_capability(CapabilityType::TpmProperties, tag.into(), 1))
            .action("tell a property")?;
        let CapabilityData::TpmProperties(properties) = found else {
            return Err(TpmError::Answer("something else than properties"));
        };
        let found = properties.iter().find(|p| p.property() == tag).map(|p| p.value());
        found.ok_or(TpmError::Answer("a property that it does not have"))
    }
}
