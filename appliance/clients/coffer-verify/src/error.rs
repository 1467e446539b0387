use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("{path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} has more than {max} bytes: that is not what it should be")]
    Size { path: PathBuf, max: u64 },
    #[error("{path} can't be written")]
    Write {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("standard output can't be written")]
    Output(#[source] std::io::Error),
    #[error("{path} holds no {what}")]
    Content { path: PathBuf, what: &'static str },
    #[error("{path}")]
    Roots {
        path: PathBuf,
        #[source]
        source: verifier::RootsError,
    },
    #[error("--{0} is missing")]
    Missing(&'static str),
    #[error("the nonce is not in hexadecimal digits")]
    Nonce,
    #[error("this computer's clock is before 1970")]
    Clock,
    #[error(transparent)]
    Unusable(#[from] verifier::Unusable),
    #[error(transparent)]
    Ear(#[from] verifier::EarError),
    #[error("{path}")]
    Evidence {
        path: PathBuf,
        #[source]
        source: attestation::EvidenceError,
    },
    #[error("{path}")]
    Activation {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
}
