//! What ends the service or keeps it from starting.

use std::path::PathBuf;

use engine::EngineError;
pub use error_chain::chain;
use he::HeError;

use crate::request_error::RequestError;

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
    Control(#[source] ipc::ChannelError),
    #[error(transparent)]
    Startup(#[from] ipc::StartupError),
    #[error("the audit log")]
    Audit(#[from] AuditError),
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
    #[error(transparent)]
    Listen(#[from] listener::ListenError),
    #[error("asking at what address it listens")]
    ListenAddress(#[source] std::io::Error),
    #[error("starting a runtime or a thread")]
    Runtime(#[source] std::io::Error),
    #[error("the jail")]
    Jail(#[source] sandbox::EnterError),
    #[error("no randomness")]
    Randomness,
    #[error("the service table gives it no folder, or not two ports")]
    Row,
    #[error("a service thread is gone: {name}")]
    Gone { name: &'static str },
}

/// Why keyd gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum KeydError {
    #[error(transparent)]
    Call(#[from] ipc::CallError),
    #[error(transparent)]
    TooLong(#[from] ipc::TooLong),
    #[error("it answered something else than was asked")]
    Unexpected,
    #[error("it refused: {}", .0.text())]
    Refused(ipc::keyd::Refusal),
}

/// Why a line is not in the audit log, or nothing of it can be read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error(transparent)]
    Call(#[from] ipc::CallError),
    #[error(transparent)]
    TooLong(#[from] ipc::TooLong),
    #[error("auditd answered something else than was asked")]
    Unexpected,
    #[error("the audit log: {}", .0.text())]
    Refused(ipc::auditd::Refusal),
}

/// Why a job or a batch came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("reading the operand")]
    Operand(#[source] std::io::Error),
    #[error("writing the result")]
    Result(#[source] std::io::Error),
    #[error("the job {0} whose result is an operand is gone")]
    OperandGone(String),
    #[error("the blinding factors of job {0} are gone: they are good for one use, and do not outlast the service")]
    BlindsGone(String),
    #[error(
        "{own} bytes of blinding factors are kept in memory and {bytes} would be added; a client may keep {}, all together {}: \
         unblind, or delete some jobs",
        crate::limits::BLIND_BYTES_CLIENT,
        crate::limits::BLIND_BYTES
    )]
    BlindsFull { own: u64, bytes: u64 },
    #[error("keyd")]
    Keyd(#[source] KeydError),
    #[error("the request")]
    Request(#[from] RequestError),
    #[error("the encryption scheme")]
    Scheme(#[from] HeError),
    #[error("the arithmetic engine")]
    Engine(#[from] EngineError),
    #[error("the key's lease holds no private part")]
    NoPrivate,
    #[error("the operation and its key do not fit together")]
    NoKey,
    #[error("this release has nobody who does jobs of this kind")]
    NoExecutor,
    #[error("the exponents are gone")]
    NoExponents,
}

impl RunError {
    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(
            self,
            RunError::Engine(EngineError::Cancelled) | RunError::Scheme(HeError::Engine(EngineError::Cancelled))
        )
    }

    /// An error in a block that begins with the item `first`: the element that it names is counted from the whole's start.
    pub(crate) fn counted_from(self, first: usize) -> RunError {
        match self {
            RunError::Scheme(e) => RunError::Scheme(counted_from(e, first)),
            RunError::Request(RequestError::Element { index }) => RequestError::Element { index: index + first }.into(),
            e => e,
        }
    }
}

/// See [`RunError::counted_from`].
pub(crate) fn counted_from(mut error: HeError, first: usize) -> HeError {
    match &mut error {
        HeError::PlaintextRange { index }
        | HeError::ResidueRange { index }
        | HeError::CiphertextRange { index }
        | HeError::NotCiphertext { index, .. }
        | HeError::PlaintextBits { index, .. }
        | HeError::NotAnElement { index }
        | HeError::Overflow { index }
        | HeError::ElementRange { index, .. }
        | HeError::MessageLength { index, .. }
        | HeError::Decryption { index }
        | HeError::Signature { index }
        | HeError::Fault { index } => *index += first,
        _ => {}
    }
    error
}
