//! Whether there is room for one more job and its result. Pure: what is promised and what is free comes in.

use job_queue::Refusal;
use tonic::Status;

use crate::limits;
use crate::status::busy;

/// For so many more bytes, where so many are promised and not yet written.
pub(crate) fn on_disk(bytes: u64, promised: u64, free: u64) -> Result<(), Status> {
    if free < limits::DISK_RESERVE {
        return Err(Status::unavailable("the box's disk is full; no work is accepted"));
    }
    let needed = limits::DISK_RESERVE.saturating_add(promised).saturating_add(bytes);
    if free < needed {
        return Err(Status::unavailable(format!("the box's disk has no room for {bytes} bytes of operand and result")));
    }
    Ok(())
}

pub(crate) fn refused(refusal: Refusal) -> Status {
    match refusal {
        Refusal::Full => busy("the queue is full"),
        Refusal::Jobs | Refusal::Bytes { .. } => Status::failed_precondition(refusal.to_string()),
    }
}
