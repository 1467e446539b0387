//! Whether there is room for one more job, and for its result. Pure: what is kept and what is free comes in.

use std::sync::Arc;

use tonic::Status;

use crate::limits;
use crate::record::Record;
use crate::status::busy;

/// For one more job of this client, beside all that are kept.
pub(crate) fn for_job(kept: &[Arc<Record>], client: &str, free_bytes: u64) -> Result<(), Status> {
    let own = || kept.iter().filter(|r| r.client == client);
    if kept.iter().filter(|r| !r.state.has_ended()).count() >= limits::QUEUE
        || own().filter(|r| !r.state.has_ended()).count() >= limits::QUEUE_CLIENT
    {
        return Err(busy("the queue is full"));
    }
    if own().count() >= limits::KEPT_CLIENT {
        return Err(Status::failed_precondition("as many ended jobs are kept as may be: delete some"));
    }
    if free_bytes < limits::DISK_RESERVE {
        return Err(Status::unavailable("the box's disk is full; no work is accepted"));
    }
    Ok(())
}

/// For so many more bytes of results, where the client keeps `kept` already.
pub(crate) fn for_result(kept: u64, bytes: u64, free_bytes: u64) -> Result<(), Status> {
    if kept + bytes > limits::KEPT_BYTES_CLIENT {
        let text = format!(
            "{kept} bytes of results are kept and {bytes} would be added; a client may keep {}: delete some jobs",
            limits::KEPT_BYTES_CLIENT
        );
        return Err(Status::failed_precondition(text));
    }
    if free_bytes < limits::DISK_RESERVE + bytes {
        return Err(Status::unavailable(format!("the box's disk has no room for {bytes} bytes of results")));
    }
    Ok(())
}
