//! A job's header.

use proto::JOB_VERSION;
use proto::v1::JobHeader;
use proto::v1::job_header::Operation;

use crate::error::CliError;

/// For an operand of so many rows and columns: the result of `operand_job`, or sent with the header where that is empty.
pub(crate) fn header(
    operation: Operation,
    rows: usize,
    columns: usize,
    operand_job: &str,
) -> Result<JobHeader, CliError> {
    let count = |number: usize| {
        u32::try_from(number)
            .map_err(|_| CliError::Usage(format!("{number} rows or columns are more than a job takes")))
    };
    Ok(JobHeader {
        version: JOB_VERSION,
        operation: Some(operation),
        rows: count(rows)?,
        columns: count(columns)?,
        operand_job: operand_job.to_string(),
    })
}
