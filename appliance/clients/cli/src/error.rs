pub(crate) use error_chain::chain;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("starting the runtime")]
    Runtime(#[source] std::io::Error),
    #[error("{action} {path}")]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path}: {what}")]
    Content { path: PathBuf, what: String },
    #[error("this machine is not enrolled at the box {name:?}: run coffer enrol --host HOST --code CODE")]
    NotEnrolled { name: String },
    #[error("no randomness")]
    Randomness,
    #[error("which box: give --host")]
    NoHost,
    #[error("the pairing code")]
    PairingCode(#[from] accounts::PairingCodeError),
    #[error("making this client's key and request")]
    Request(#[from] rcgen::Error),
    #[error("setting TLS up")]
    Tls(#[from] rustls::Error),
    #[error("connecting to {address}")]
    Connect {
        address: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("the box answered {code:?}: {message}")]
    Status { code: tonic::Code, message: String },
    #[error("job {id} {how}")]
    Job { id: String, how: String },
    #[error("the box's answer: {0}")]
    Answer(String),
    #[error("the box's evidence")]
    Evidence(#[from] verifier::Unusable),
    #[error("what the evidence is judged by")]
    Reference(#[from] coffer_verify::VerifyError),
    #[error("predicting PCR 7")]
    Predict(#[from] attestation::secure_boot::PredictError),
    #[error("the box's evidence does not hold: {}", failed.join("; "))]
    Untrusted { failed: Vec<String> },
    #[error(
        "another TPM than at the enrolment answers there (attestation key {found}, and it was {known}): if the box was repaired, \
         its screen shows a new pin: coffer renew --pin PIN"
    )]
    AnotherTpm { known: String, found: String },
    #[error("the audit log")]
    Audit(#[from] audit_log::VerifyError),
    #[error("{0}")]
    Usage(String),
}

impl From<tonic::Status> for CliError {
    fn from(status: tonic::Status) -> CliError {
        // "transport error" says nothing: what went wrong is what it came from.
        let mut innermost = std::error::Error::source(&status);
        while let Some(next) = innermost.and_then(|e| e.source()) {
            innermost = Some(next);
        }
        let message = innermost.map_or_else(|| status.message().to_string(), |e| format!("{}: {e}", status.message()));
        CliError::Status { code: status.code(), message }
    }
}

pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> CliError {
    let path = path.into();
    move |source| CliError::File { action, path, source }
}
