//! What ends the service or keeps it from starting.

pub use error_chain::chain;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum ComputeError {
    #[error("{action} {path}")]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} is damaged: {what}")]
    Damaged { path: PathBuf, what: String },
    #[error("descriptor {number} was not passed")]
    Descriptor { number: i32 },
    #[error("the channel to the supervisor")]
    Control(#[source] protocols::ChannelError),
    #[error("keyd")]
    Keyd(#[source] KeydError),
    #[error("TLS: {what}")]
    Tls {
        what: &'static str,
        #[source]
        source: rustls::Error,
    },
    #[error("the box's certificates: {what}")]
    Certificate { what: &'static str },
    #[error("listening on {address}")]
    Listen {
        address: String,
        #[source]
        source: std::io::Error,
    },
    #[error("starting a runtime or a thread")]
    Runtime(#[source] std::io::Error),
    #[error("the jail")]
    Jail(#[source] sandbox::EnterError),
    #[error("no randomness")]
    Randomness,
    #[error("a service thread is gone: {name}")]
    Gone { name: &'static str },
}

/// Why keyd gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum KeydError {
    #[error("the channel")]
    Channel(#[source] protocols::ChannelError),
    #[error("its thread is gone")]
    Gone,
    #[error("it answered something else than was asked")]
    Unexpected,
    #[error("it refused: {0:?}")]
    Refused(protocols::keyd::Refusal),
}
