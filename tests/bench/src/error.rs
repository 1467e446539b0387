use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error("the engine refused")]
    Engine(#[from] engine::EngineError),
    #[error("the encryption refused")]
    He(#[from] he::HeError),
    #[error("OpenSSL refused")]
    OpenSsl(#[from] openssl::error::ErrorStack),
    #[error("no randomness")]
    Randomness(#[source] getrandom::Error),
    #[error("cannot {action} {path}")]
    File { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{path} is no list of cases")]
    Cases { path: PathBuf, source: serde_json::Error },
    #[error("cannot {action} the cores that this program runs on")]
    Cores { action: &'static str, source: nix::Error },
    #[error("{what}: the result is not what it should be")]
    Wrong { what: String },
    #[error("the peer could not be asked: {what}")]
    Peer { what: &'static str },
    #[error("the service did not do what it was asked: {what}")]
    Service { what: String },
    #[error("nothing was measured")]
    NothingMeasured,
}

impl BenchError {
    pub fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> BenchError {
        let path = path.into();
        move |source| BenchError::File { action, path, source }
    }
}

/// `Ok` where a result is right: nothing wrong is ever measured.
pub fn check(right: bool, what: impl Into<String>) -> Result<(), BenchError> {
    if right { Ok(()) } else { Err(BenchError::Wrong { what: what.into() }) }
}
