//! Errors as a client sees them.

use ipc::keyd::Refusal;
use ipc::{CallError, auditd};
use tonic::Status;

use engine::EngineError;
use he::HeError;

use crate::error::{AuditError, KeydError, RunError, chain};
use crate::limits;
use crate::request_error::RequestError;

impl From<RequestError> for Status {
    fn from(error: RequestError) -> Status {
        Status::invalid_argument(error.to_string())
    }
}

pub(crate) fn keyd_status(error: &KeydError) -> Status {
    match error {
        KeydError::Refused(Refusal::NotFound(text)) => Status::not_found(text.as_str()),
        KeydError::Refused(Refusal::NotAllowed(text)) => Status::permission_denied(text.as_str()),
        KeydError::Refused(Refusal::Invalid(text)) => Status::invalid_argument(text.as_str()),
        KeydError::Refused(Refusal::Exists(text)) => Status::already_exists(text.as_str()),
        KeydError::Refused(Refusal::Unavailable(text)) => Status::failed_precondition(text.as_str()),
        KeydError::Refused(Refusal::Busy(text)) => busy(text.as_str()),
        KeydError::Refused(Refusal::Failed(text)) => Status::internal(text.as_str()),
        KeydError::Call(CallError::Busy) => busy("as many requests to keyd as may be are on their way"),
        KeydError::TooLong(e) => Status::invalid_argument(e.to_string()),
        other => Status::unavailable(chain(other)),
    }
}

pub(crate) fn audit_status(error: &AuditError) -> Status {
    match error {
        AuditError::Refused(auditd::Refusal::Quota(text)) => busy(text.as_str()),
        AuditError::Refused(auditd::Refusal::NotAllowed(text)) => Status::permission_denied(text.as_str()),
        AuditError::Refused(auditd::Refusal::Invalid(text)) => Status::invalid_argument(text.as_str()),
        AuditError::TooLong(e) => Status::invalid_argument(e.to_string()),
        AuditError::Call(CallError::Busy) => busy("as many audit lines as may be are on their way"),
        other => Status::unavailable(format!("{}; no work is accepted", chain(other))),
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
