//! A job's header.

use proto::JOB_VERSION;
use proto::v1::JobHeader;
use proto::v1::job_header::Operation;

/// For an operand of so many rows and columns: the result of `operand_job`, or sent with the header where that is empty.
pub(crate) fn header(operation: Operation, rows: usize, columns: usize, operand_job: &str) -> JobHeader {
    JobHeader {
        version: JOB_VERSION,
        operation: Some(operation),
        rows: rows as u32,
        columns: columns as u32,
        operand_job: operand_job.to_string(),
    }
}
