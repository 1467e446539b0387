pub use error_chain::chain;
use std::path::PathBuf;

use ipc::keyd::Refusal;

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
    #[error("making a certificate")]
    Certificate(#[from] rcgen::Error),
    #[error("the channel to another process")]
    Channel(#[from] ipc::ChannelError),
    #[error("the system gave no randomness")]
    Random,
    #[error("making a key pair")]
    KeyPair(#[source] he::HeError),
    #[error("{0:?}")]
    Refused(Refusal),
}

impl From<KeydError> for Refusal {
    fn from(error: KeydError) -> Refusal {
        match error {
            KeydError::Refused(refusal) => refusal,
            error => Refusal::Failed(chain(&error)),
        }
    }
}
