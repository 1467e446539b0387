//! Errors as a client sees them.

use protocols::keyd::Refusal;
use tonic::Status;

use crate::error::{KeydError, chain};
use crate::limits;
use crate::request::RequestError;

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
