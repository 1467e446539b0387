//! Errors as a client sees them.

use ipc::keyd::Refusal;
use tonic::Status;

use engine::EngineError;
use he::HeError;

use crate::error::{KeydError, RunError, chain};
use crate::limits;
use crate::request_error::RequestError;

impl From<RequestError> for Status {
    fn from(error: RequestError) -> Status {
        Status::invalid_argument(error.to_string())
    }
}

pub(crate) fn keyd_status(error: &KeydError) -> Status {
    match error {
        KeydError::Refused(Refusal::NotFound(text)) => Status::not_found(text),
        KeydError::Refused(Refusal::NotAllowed(text)) => Status::permission_denied(text),
        KeydError::Refused(Refusal::Invalid(text)) => Status::invalid_argument(text),
        KeydError::Refused(Refusal::Exists(text)) => Status::already_exists(text),
        KeydError::Refused(Refusal::Unavailable(text)) => Status::failed_precondition(text),
        KeydError::Refused(Refusal::Failed(text)) => Status::internal(text),
        other => Status::unavailable(chain(other)),
    }
}

/// What an interactive batch ended with.
pub(crate) fn run_status(error: &RunError) -> Status {
    let text = chain(error);
    match error {
        RunError::Keyd(e) => keyd_status(e),
        RunError::Operand(e) | RunError::Result(e) => disk(e),
        RunError::OperandGone(_) | RunError::BlindsGone(_) | RunError::BlindsFull { .. } => {
            Status::failed_precondition(text)
        }
        RunError::Request(e) => Status::invalid_argument(e.to_string()),
        RunError::Scheme(HeError::Engine(EngineError::Cancelled)) | RunError::Engine(EngineError::Cancelled) => {
            Status::cancelled(text)
        }
        RunError::Scheme(HeError::Engine(_) | HeError::Randomness(_) | HeError::Fault { .. }) => Status::internal(text),
        RunError::Scheme(e) => Status::invalid_argument(e.to_string()),
        RunError::Engine(_) | RunError::NoPrivate | RunError::NoKey | RunError::NoExponents | RunError::NoExecutor => {
            Status::internal(text)
        }
    }
}

/// Full: come again.
pub(crate) fn busy(what: &str) -> Status {
    let mut status = Status::resource_exhausted(what);
    let after = limits::RETRY_AFTER.as_millis() as u64;
    status.metadata_mut().insert("retry-after-ms", after.into());
    status
}

pub(crate) fn disk(error: &std::io::Error) -> Status {
    Status::unavailable(format!("the box's disk: {error}; no work is accepted"))
}
