//! Results of jobs that stay on the box: one as another job's operand, and one as numbers.

use proto::v1::Job;
use proto::v1::job_header::Operation;

use crate::connect::Client;
use crate::error::CliError;
use crate::header::header;
use crate::jobs::{Upload, fetch, get, submit_and_wait};
use crate::output::Output;
use crate::table;

/// Does an operation on another job's result.
pub(crate) async fn on_job(
    client: &mut Client,
    operation: Operation,
    operand: &str,
    name: &str,
    output: &Output,
) -> Result<Job, CliError> {
    with_factors(client, operation, operand, &[], name, output).await
}

/// The same with plaintext factors, which the operation holds none of.
pub(crate) async fn with_factors(
    client: &mut Client,
    operation: Operation,
    operand: &str,
    factors: &[i64],
    name: &str,
    output: &Output,
) -> Result<Job, CliError> {
    let operand = get(client, operand).await?;
    let header = header(operation, operand.rows as usize, operand.columns as usize, &operand.id)?;
    submit_and_wait(client, header, Upload::factors(factors), name, output).await
}

/// A job's result, as signed decimal numbers.
pub(crate) async fn decimals(client: &mut Client, job: &Job) -> Result<Vec<String>, CliError> {
    Ok(table::to_decimals(&fetch(client, job).await?, job.item_bytes as usize))
}
