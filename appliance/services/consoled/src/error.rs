//! What stops the console, and what keeps it from an answer.

use std::io;
use std::path::PathBuf;

use ipc::CallError;
use ipc::keyd::Refusal;

#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    #[error("descriptor {number} was not passed")]
    Descriptor { number: i32 },
    #[error(transparent)]
    Startup(#[from] ipc::StartupError),
    #[error("the row of the service table lacks a folder or its one port")]
    Row,
    #[error("the jail")]
    Jail(#[from] sandbox::EnterError),
    #[error("the supervisor's channel")]
    Control(#[source] ipc::ChannelError),
    #[error(transparent)]
    Listen(#[from] listener::ListenError),
    #[error("starting a runtime or a thread")]
    Runtime(#[source] io::Error),
    #[error("keyd")]
    Keyd(#[from] KeydError),
    #[error("the console's certificate")]
    Certificate(#[from] rcgen::Error),
    #[error("the console's TLS")]
    Tls(#[from] rustls::Error),
    #[error("{action} {path}")]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the system gave no randomness")]
    Random,
}

/// Why the audit log is not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("as many people as may read the log already: come again in a moment")]
    Crowded,
    #[error("the audit log's channel")]
    Call(#[from] CallError),
    #[error("the audit log: {}", .0.text())]
    Refused(ipc::auditd::Refusal),
    #[error("reading a piece of the audit log")]
    Memory(#[source] io::Error),
    #[error("the audit log's service answered something else")]
    Unexpected,
}

/// Why keyd did not answer with what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum KeydError {
    #[error("the channel")]
    Call(#[from] CallError),
    #[error("{}", .0.text())]
    Refused(Refusal),
    #[error("reading what came with the answer")]
    Memory(#[source] io::Error),
    #[error("it answered something else")]
    Unexpected,
    #[error("what is longer than a message allows")]
    TooLong(#[from] ipc::TooLong),
}
