pub(crate) use error_chain::chain;
use std::path::PathBuf;

use nix::errno::Errno;

#[derive(Debug, thiserror::Error)]
pub(crate) enum SupervisorError {
    #[error("mounting {target}")]
    Mount {
        target: String,
        #[source]
        source: Errno,
    },
    #[error("the root is still writable after it was remounted read-only")]
    RootWritable,
    #[error("{action} {path}")]
    File {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path}: {what}")]
    Content { path: PathBuf, what: String },
    #[error("{action}")]
    System {
        action: &'static str,
        #[source]
        source: Errno,
    },
    #[error("{0}")]
    Refused(String),
    /// The TPM's key stays closed, or none can be sealed.
    #[error("{words}")]
    Early { why: ipc::early::Refusal, words: String },
    #[error("the service that has the TPM, before the data volume is open")]
    EarlyChannel(#[source] ipc::ChannelError),
    #[error("{path}")]
    Table {
        path: PathBuf,
        #[source]
        source: service_table::TableError,
    },
    #[error("a service's channel")]
    Channel(#[from] ipc::ChannelError),
    #[error(transparent)]
    Start(#[from] service_process::StartError),
    #[error("the system gave no randomness")]
    Random,
    #[error("the network: {action}")]
    Network {
        action: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> SupervisorError {
    let path = path.into();
    move |source| SupervisorError::File { action, path, source }
}

/// For what went wrong in the network: netlink's errors, sockets' and the runtime's.
pub(crate) fn network(
    action: &'static str,
) -> impl FnOnce(Box<dyn std::error::Error + Send + Sync>) -> SupervisorError {
    move |source| SupervisorError::Network { action, source }
}
