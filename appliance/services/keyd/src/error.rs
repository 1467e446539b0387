pub use error_chain::chain;
use std::path::{Path, PathBuf};

use ipc::Text;
use ipc::keyd::Refusal;
use ipc::people::Problem;

use crate::tpm::{SealError, TpmError};

#[derive(Debug, thiserror::Error)]
pub enum KeydError {
    #[error("the TPM")]
    Tpm(#[from] TpmError),
    #[error("unsealing")]
    Seal(#[from] SealError),
    #[error("{action} {path}")]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} is damaged: {what}")]
    Damaged { path: PathBuf, what: String },
    #[error("the volume key still unseals after the boot has left its phase")]
    StillOpen,
    #[error("Secure Boot is off: what would be sealed now, any system could open")]
    SecureBootOff,
    #[error("making a certificate")]
    Certificate(#[from] rcgen::Error),
    #[error("the channel to another process")]
    Channel(#[from] ipc::ChannelError),
    #[error("starting a thread")]
    Thread(#[source] std::io::Error),
    #[error("the system gave no randomness")]
    Random,
    #[error("making a key pair")]
    KeyPair(#[source] he::HeError),
    #[error("what is longer than a message allows")]
    TooLong(#[from] ipc::TooLong),
    #[error("{}", .0.text())]
    Refused(Refusal),
    #[error("{words}")]
    SignedOut { words: String },
    #[error("{}", .0.words)]
    NotDone(Problem),
}

impl KeydError {
    /// Nothing is broken: this system is not one for which the TPM opens anything, and another boot may be.
    pub fn is_of_this_system(&self) -> bool {
        match self {
            KeydError::Seal(e) => e.is_of_this_system(),
            KeydError::Tpm(e) => matches!(e, TpmError::Policy(_) | TpmError::NoBank { .. } | TpmError::OtherOwner),
            _ => false,
        }
    }
}

impl From<KeydError> for Refusal {
    fn from(error: KeydError) -> Refusal {
        match error {
            KeydError::Refused(refusal) => refusal,
            error => Refusal::Failed(Text::shortened(&chain(&error))),
        }
    }
}

impl From<accounts::Refused> for KeydError {
    fn from(error: accounts::Refused) -> KeydError {
        use accounts::Refused;
        let text = Text::shortened(&error.to_string());
        KeydError::Refused(match error {
            Refused::Name { .. } | Refused::Validity { .. } | Refused::OtherName { .. } => Refusal::Invalid(text),
            Refused::Taken { .. } => Refusal::Exists(text),
            Refused::NoCertificate { .. } => Refusal::NotFound(text),
            Refused::Full | Refused::CodesFull => Refusal::Busy(text),
            Refused::WrongCode
            | Refused::Unknown { .. }
            | Refused::Revoked { .. }
            | Refused::Expired { .. }
            | Refused::Void { .. }
            | Refused::Proof { .. }
            | Refused::Role { .. }
            | Refused::Itself => Refusal::NotAllowed(text),
        })
    }
}

pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> KeydError {
    let path = path.to_path_buf();
    move |source| KeydError::File { action, path, source }
}

pub(crate) fn invalid(text: impl AsRef<str>) -> KeydError {
    KeydError::Refused(Refusal::Invalid(Text::shortened(text.as_ref())))
}

pub(crate) fn not_found(text: impl AsRef<str>) -> KeydError {
    KeydError::Refused(Refusal::NotFound(Text::shortened(text.as_ref())))
}

pub(crate) fn not_allowed(text: impl AsRef<str>) -> KeydError {
    KeydError::Refused(Refusal::NotAllowed(Text::shortened(text.as_ref())))
}

pub(crate) fn busy(text: impl AsRef<str>) -> KeydError {
    KeydError::Refused(Refusal::Busy(Text::shortened(text.as_ref())))
}
