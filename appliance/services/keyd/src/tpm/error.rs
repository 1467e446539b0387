//! What can go wrong with a TPM, and what that says about it.

use tpm_lockout::LockoutError;
use tss_esapi::constants::return_code::{TpmFormatOneError, TpmFormatZeroError, TpmFormatZeroWarning};
use tss_esapi::error::{ReturnCode, TpmFormatZeroResponseCode, TpmResponseCode};

use super::{seal, sign};

#[derive(Debug, thiserror::Error)]
pub enum TpmError {
    #[error("the TPM refused to {action}")]
    Command {
        action: &'static str,
        #[source]
        source: tss_esapi::Error,
    },
    #[error(
        "the TPM keeps no SHA-256 PCRs (PCR {index} is missing): switch its SHA-256 bank on in the firmware's set-up, under \
         Security or Trusted Computing"
    )]
    NoBank { index: u8 },
    #[error(
        "it has another owner's authorization: clear the TPM in the firmware's set-up, under Security or Trusted Computing"
    )]
    OtherOwner,
    #[error("its NV index {index:#010x} is of another form than Coffer's")]
    OtherIndex { index: u32 },
    #[error("the vendor's PCR policy: {0}")]
    Policy(String),
    #[error("the TPM's answer: {0}")]
    Answer(&'static str),
    #[error(transparent)]
    Lockout(#[from] LockoutError),
    #[error("it takes one connection at a time, and its lockout is reset by a second one")]
    OneConnection,
    #[error("a stored key {0}")]
    Damaged(&'static str),
    #[error("security version {version} is above this system's own, {own}")]
    FloorAbove { version: u8, own: u8 },
}

impl TpmError {
    /// What was given to the TPM from a file is not what the TPM made: no later try will find it better.
    pub fn is_damage(&self) -> bool {
        match self {
            TpmError::Damaged(_) => true,
            TpmError::Command { action, source } if is_load(action) => is_about_content(source),
            TpmError::Command { .. }
            | TpmError::NoBank { .. }
            | TpmError::OtherOwner
            | TpmError::OtherIndex { .. }
            | TpmError::Policy(_)
            | TpmError::Lockout(_)
            | TpmError::OneConnection
            | TpmError::FloorAbove { .. }
            | TpmError::Answer(_) => false,
        }
    }

    /// The TPM itself fails, tests itself for too long, or cannot be spoken to; nothing is said about what it was asked for.
    pub fn is_failing(&self) -> bool {
        match self {
            TpmError::Command { source: tss_esapi::Error::TssError(code), .. } => match tpm_code(code) {
                Some(TpmResponseCode::FormatZero(code)) => is_failure(code),
                Some(TpmResponseCode::FormatOne(_)) => false,
                // The code of a library: nothing came back that makes sense.
                None => true,
            },
            TpmError::Answer(_) => true,
            TpmError::Command { .. }
            | TpmError::NoBank { .. }
            | TpmError::OtherOwner
            | TpmError::OtherIndex { .. }
            | TpmError::Policy(_)
            | TpmError::Lockout(_)
            | TpmError::OneConnection
            | TpmError::FloorAbove { .. }
            | TpmError::Damaged(_) => false,
        }
    }
}

/// Says what was asked of the TPM when it failed.
pub(crate) trait Action<T> {
    fn action(self, action: &'static str) -> Result<T, TpmError>;
}

impl<T> Action<T> for tss_esapi::Result<T> {
    fn action(self, action: &'static str) -> Result<T, TpmError> {
        self.map_err(|source| TpmError::Command { action, source })
    }
}

/// The command was understood and what it carried refused (TPM 2.0 part 2, 6.6: format one), and not the session around it.
pub(crate) fn is_about_content(error: &tss_esapi::Error) -> bool {
    use TpmFormatOneError as Kind;
    format_one(error).is_some_and(|kind| {
        !matches!(kind, Kind::AuthFail | Kind::BadAuth | Kind::Nonce | Kind::Handle | Kind::Expired)
    })
}

/// There is nothing at this handle.
pub(crate) fn is_no_handle(error: &tss_esapi::Error) -> bool {
    format_one(error) == Some(TpmFormatOneError::Handle)
}

/// An authorization value was wrong.
pub(crate) fn is_authorization(error: &tss_esapi::Error) -> bool {
    matches!(format_one(error), Some(TpmFormatOneError::AuthFail | TpmFormatOneError::BadAuth))
}

/// An authorization is not taken at all (TPM_RC_AUTH_UNAVAILABLE): of an index with a PIN that was wrong too often.
pub(crate) fn is_locked(error: &tss_esapi::Error) -> bool {
    is_format_zero(error, TpmFormatZeroError::AuthUnavailable)
}

/// What is in an NV index is not what the policy asks for (TPM_RC_POLICY).
pub(crate) fn is_comparison(error: &tss_esapi::Error) -> bool {
    is_format_zero(error, TpmFormatZeroError::Policy)
}

/// What a policy session stands at is not what the object asks for.
pub(crate) fn is_policy_failure(error: &tss_esapi::Error) -> bool {
    format_one(error) == Some(TpmFormatOneError::PolicyFail)
}

pub(crate) fn is_testing(error: &tss_esapi::Error) -> bool {
    use TpmFormatZeroWarning as Kind;
    let tss_esapi::Error::TssError(code) = error else { return false };
    matches!(
        tpm_code(code),
        Some(TpmResponseCode::FormatZero(TpmFormatZeroResponseCode::Warning(code)))
            if matches!(code.error_number(), Kind::Testing | Kind::Retry | Kind::Yielded)
    )
}

fn is_failure(code: TpmFormatZeroResponseCode) -> bool {
    use {TpmFormatZeroError as Error, TpmFormatZeroWarning as Warning};
    match code {
        TpmFormatZeroResponseCode::Error(code) => matches!(
            code.error_number(),
            Error::Failure | Error::Initialize | Error::NeedsTest | Error::Upgrade | Error::Reboot
        ),
        TpmFormatZeroResponseCode::Warning(code) => matches!(
            code.error_number(),
            Warning::Testing | Warning::Retry | Warning::Yielded | Warning::Canceled | Warning::NvUnavailable
        ),
        TpmFormatZeroResponseCode::VendorSpecific(_) => false,
    }
}

fn is_format_zero(error: &tss_esapi::Error, wanted: TpmFormatZeroError) -> bool {
    let tss_esapi::Error::TssError(code) = error else { return false };
    matches!(
        tpm_code(code),
        Some(TpmResponseCode::FormatZero(TpmFormatZeroResponseCode::Error(code))) if code.error_number() == wanted
    )
}

fn format_one(error: &tss_esapi::Error) -> Option<TpmFormatOneError> {
    let tss_esapi::Error::TssError(code) = error else { return None };
    match tpm_code(code)? {
        TpmResponseCode::FormatOne(code) => Some(code.error_number()),
        TpmResponseCode::FormatZero(_) => None,
    }
}

/// What the TPM itself, or a resource manager in its place, answered.
fn tpm_code(code: &ReturnCode) -> Option<TpmResponseCode> {
    match code {
        ReturnCode::Tpm(code) | ReturnCode::TpmResourceManager(code) => Some(*code),
        _ => None,
    }
}

/// Loading is what takes a file's content to the TPM.
fn is_load(action: &str) -> bool {
    matches!(action, seal::LOAD | sign::LOAD)
}
