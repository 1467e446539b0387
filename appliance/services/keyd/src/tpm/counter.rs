//! A counter in the TPM that only goes up: what was sealed to one of its values never opens again once it has moved on.
//!
//! Everybody may read it; moving it takes the owner's authorization, which only this system has. Who deletes it and defines it anew
//! gets a counter that begins above every value that any counter of this TPM ever had (TPM 2.0 part 1, 37.2.4.4).

use tss_esapi::interface_types::ArithmeticComparison;
use tss_esapi::interface_types::reserved_handles::NvAuth;
use tss_esapi::interface_types::session_handles::{AuthSession, PolicySession};

use super::nv::COUNTER;
use super::policy::sha256;
use super::{Action, SealError, Tpm, TpmError, digest_of};

const TPM_CC_POLICY_NV: u32 = 0x149;
const TPM_EO_EQ: u16 = 0;

impl Tpm {
    /// `None`: there is none, or it was never moved, which is its only way to a value.
    pub fn counter(&mut self) -> Result<Option<u64>, TpmError> {
        let Some(value) = self.read_or_none(COUNTER)? else { return Ok(None) };
        let bytes = <[u8; 8]>::try_from(value).map_err(|_| TpmError::Answer("a counter of another size"))?;
        Ok(Some(u64::from_be_bytes(bytes)))
    }

    /// One further, from nothing to its first value. The new value: what was sealed to the old one is gone.
    pub fn count(&mut self) -> Result<u64, TpmError> {
        self.increment(COUNTER)?;
        self.counter()?.ok_or(TpmError::Answer("no value of a counter that was moved"))
    }

    /// Extends a policy session with "the counter stands at this value".
    pub(super) fn satisfy_counter(&mut self, session: PolicySession, value: u64) -> Result<(), SealError> {
        let index = self.need(COUNTER, "of the vault's counter")?;
        let operand = digest_of(&value.to_be_bytes())?;
        self.context
            .execute_with_session(Some(AuthSession::Password), |c| {
                c.policy_nv(session, NvAuth::NvIndex(index), index, operand, 0, ArithmeticComparison::Eq)
            })
            .action("compare its counter")?;
        Ok(())
    }
}

/// TPM 2.0 part 3, 23.9 PolicyNV: `args = H(operandB || offset || operation)`, `policyDigest = H(policyDigest || TPM_CC_PolicyNV ||
/// args || Name)`.
pub(super) fn at_count(previous: &[u8; 32], value: u64) -> [u8; 32] {
    let arguments = sha256(&[&value.to_be_bytes(), &[0, 0], &TPM_EO_EQ.to_be_bytes()]);
    sha256(&[previous, &TPM_CC_POLICY_NV.to_be_bytes(), &arguments, &COUNTER.name()])
}
