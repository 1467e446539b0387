//! The PIN to start (TPM 2.0 part 1, 37.2.8 PIN Fail): an index of the TPM whose authorization it is. The TPM counts wrong ones without
//! its defence against guessing, so that they lock nothing else; only the owner sets the count back, and so the recovery key does.
//!
//! A PIN is asked for where the index is, and the early phase's policy says so. Setting one makes the index first, and ending it removes
//! the index last: cut off in between, the policy says what is asked for until the next start makes both agree.
//! Of a PIN that is asked for and has no index the recovery key makes an end.
//! Another PIN takes the place of one that was ended: cut off between the two, the box asks for none, and says so in its status; nobody was
//! told that the new one is set.

use secrets::Secret;
use tss_esapi::handles::AuthHandle;
use tss_esapi::interface_types::reserved_handles::NvAuth;
use tss_esapi::interface_types::session_handles::PolicySession;
use tss_esapi::structures::{Auth, Digest, Nonce};

use super::error::{is_authorization, is_locked};
use super::nv::PIN;
use super::{Action, Encrypt, Phase, Policy, SealError, Tpm, TpmError};

impl Tpm {
    pub fn has_pin(&mut self) -> Result<bool, TpmError> {
        match self.index(PIN) {
            Ok(found) => Ok(found.is_some()),
            // Made and not written, or somebody else's: no policy of ours names it.
            Err(TpmError::OtherIndex { .. }) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// From the next start on this PIN is asked for. It takes the owner's authorization. `early`: the policy of that phase.
    pub fn set_pin(&mut self, early: &Policy, authorization: &Secret) -> Result<(), SealError> {
        debug_assert_eq!(early.phase, Phase::Early);
        self.approve_with(early, false)?;
        let auth = auth(authorization)?;
        // TPMS_NV_PIN_COUNTER_PARAMETERS: pinCount, pinLimit.
        self.make_index(PIN, auth, &[0u32.to_be_bytes(), start_pin::TRIES.to_be_bytes()].concat())?;
        self.approve_with(early, true)
    }

    /// None is asked for any more. It takes the owner's authorization.
    pub fn end_pin(&mut self, early: &Policy) -> Result<(), SealError> {
        self.approve_with(early, false)?;
        Ok(self.remove_index(PIN)?)
    }

    /// As [`Tpm::end_pin`], before the box is approved of anew.
    pub(crate) fn forget_pin(&mut self) -> Result<(), TpmError> {
        self.remove_index(PIN)
    }

    /// What somebody typed. It is tried when something is unsealed.
    pub fn enter_pin(&mut self, authorization: Secret) {
        self.pin = Some(authorization);
    }

    /// That the PIN was given, in a policy session. A wrong one is forgotten.
    pub(super) fn show_pin(&mut self, session: PolicySession) -> Result<(), SealError> {
        let Some(pin) = &self.pin else { return Err(SealError::PinNeeded) };
        let auth = auth(pin)?;
        let index = self.need(PIN, "of the PIN")?;
        self.context.execute_without_session(|c| c.tr_set_auth(index.into(), auth)).action("hold the PIN")?;
        let hmac = self.hmac_session(Encrypt::None)?;
        let shown = self.context.execute_with_session(Some(hmac), |c| {
            let entity = AuthHandle::from(NvAuth::NvIndex(index));
            c.policy_secret(session, entity, Nonce::default(), Digest::default(), Nonce::default(), None)
        });
        self.end_hmac_session(hmac, shown.is_ok());
        match shown {
            Ok(_) => Ok(()),
            Err(e) if is_authorization(&e) => {
                self.pin = None;
                Err(SealError::PinWrong)
            }
            Err(e) if is_locked(&e) => Err(SealError::PinLocked),
            Err(source) => Err(TpmError::Command { action: "compare the PIN", source }.into()),
        }
    }
}

fn auth(authorization: &Secret) -> Result<Auth, TpmError> {
    Auth::from_bytes(authorization.expose()).action("hold the PIN")
}
