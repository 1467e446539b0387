//! Submitting, watching and fetching jobs.

use std::sync::Arc;
use std::time::Duration;

use proto::v1::job::State;
use proto::v1::submit_request::Part;
use proto::v1::{Job, JobHeader, JobId, ListJobsRequest, SubmitRequest};
use serde_json::{Value, json};

use crate::arguments::Jobs;
use crate::connect::Client;
use crate::error::CliError;
use crate::output::Output;

/// Bytes of a chunk.
const CHUNK: usize = 256 * 1024;
/// A full queue is tried again this often before the error is the user's.
const SUBMIT_TRIES: u32 = 20;

pub(crate) async fn run(client: &mut Client, wanted: Jobs, output: &Output) -> Result<(), CliError> {
    match wanted {
        Jobs::List { all } => {
            let jobs = client.list_jobs(ListJobsRequest { all }).await?.into_inner().jobs;
            let whose = |job: &Job| if all { format!("{}  ", job.client) } else { String::new() };
            let text: Vec<String> = jobs.iter().map(|job| whose(job) + &as_text(job)).collect();
            output.result(json!({ "jobs": jobs.iter().map(as_json).collect::<Vec<_>>() }), &text.join("\n"));
        }
        Jobs::Watch { job } => {
            let job = watch(client, &job, "job", output).await?;
            output.result(as_json(&job), &as_text(&job));
        }
        Jobs::Cancel { job } => {
            let job = client.cancel_job(JobId { id: job }).await?.into_inner();
            output.result(as_json(&job), &as_text(&job));
        }
        Jobs::Delete { job } => {
            client.delete_job(JobId { id: job.clone() }).await?;
            output.result(json!({ "deleted": job }), &format!("job {job} deleted"));
        }
    }
    Ok(())
}

/// What is sent after a header: the plaintext factors, which a header has no room for where they are many, and the operand.
#[derive(Clone, Default)]
pub(crate) struct Upload {
    factors: Arc<[u8]>,
    operand: Arc<[u8]>,
}

impl Upload {
    pub(crate) fn operand(bytes: Vec<u8>) -> Upload {
        Upload { operand: bytes.into(), ..Upload::default() }
    }

    pub(crate) fn factors(factors: &[i64]) -> Upload {
        Upload { factors: factors.iter().flat_map(|factor| factor.to_be_bytes()).collect(), ..Upload::default() }
    }

    fn parts(self, header: JobHeader) -> impl Iterator<Item = SubmitRequest> {
        let factors = chunks(self.factors).map(Part::PlaintextChunk);
        let operand = chunks(self.operand).map(Part::Chunk);
        let all = std::iter::once(Part::Header(header)).chain(factors).chain(operand);
        all.map(|part| SubmitRequest { part: Some(part) })
    }
}

fn chunks(bytes: Arc<[u8]>) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len()).step_by(CHUNK).map(move |at| bytes[at..bytes.len().min(at + CHUNK)].to_vec())
}

/// Submits a job and waits for its end, with a bar.
pub(crate) async fn submit_and_wait(
    client: &mut Client,
    header: JobHeader,
    upload: Upload,
    name: &str,
    output: &Output,
) -> Result<Job, CliError> {
    let job = submit(client, header, upload).await?;
    watch(client, &job.id, name, output).await
}

async fn submit(client: &mut Client, header: JobHeader, upload: Upload) -> Result<Job, CliError> {
    for attempt in 1.. {
        match client.submit(tokio_stream::iter(upload.clone().parts(header.clone()))).await {
            Ok(job) => return Ok(job.into_inner()),
            Err(status) if status.code() == tonic::Code::ResourceExhausted && attempt < SUBMIT_TRIES => {
                let Some(wait) = status.metadata().get("retry-after-ms").and_then(|v| v.to_str().ok()?.parse().ok())
                else {
                    return Err(status.into());
                };
                tokio::time::sleep(Duration::from_millis(wait).min(Duration::from_secs(30))).await;
            }
            Err(status) => return Err(status.into()),
        }
    }
    unreachable!("the last attempt returns")
}

/// Until it has ended well; any other end is an error. The service may be restarted meanwhile: the job outlives it.
async fn watch(client: &mut Client, id: &str, name: &str, output: &Output) -> Result<Job, CliError> {
    let lost = |status: tonic::Status| CliError::Watch { id: id.to_string(), source: Box::new(status.into()) };
    let mut stream = client.watch_job(JobId { id: id.to_string() }).await?.into_inner();
    let bar = output.progress(name, 0);
    let mut last = Job::default();
    while let Some(job) = stream.message().await.map_err(lost)? {
        bar.set_length(job.items);
        bar.set_position(job.items_done);
        last = job;
    }
    bar.finish();
    let how = match last.state() {
        State::Done => return Ok(last),
        State::Failed => format!("failed: {}", last.error),
        State::Cancelled => "was cancelled".to_string(),
        _ => "is not finished, and the box stopped telling: see coffer jobs list".to_string(),
    };
    Err(CliError::Job { id: id.to_string(), how })
}

/// The whole result, checked against the size that the job states.
pub(crate) async fn fetch(client: &mut Client, job: &Job) -> Result<Vec<u8>, CliError> {
    let expected = u64::from(job.rows) * u64::from(job.columns) * u64::from(job.item_bytes);
    let mut stream = client.fetch_result(JobId { id: job.id.clone() }).await?.into_inner();
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.message().await? {
        bytes.extend(chunk.bytes);
        if bytes.len() as u64 > expected {
            break;
        }
    }
    if bytes.len() as u64 != expected {
        return Err(CliError::Answer(format!(
            "job {}'s result has {} bytes, {expected} were announced",
            job.id,
            bytes.len()
        )));
    }
    Ok(bytes)
}

pub(crate) async fn get(client: &mut Client, id: &str) -> Result<Job, CliError> {
    Ok(client.get_job(JobId { id: id.to_string() }).await?.into_inner())
}

pub(crate) fn as_json(job: &Job) -> Value {
    json!({
        "id": job.id, "state": job.state().as_str_name().to_lowercase(), "operation": job.operation, "items_done": job.items_done,
        "items": job.items, "error": job.error, "rows": job.rows, "columns": job.columns, "item_bytes": job.item_bytes,
        "engine": job.engine, "attempts": job.attempts, "client": job.client,
    })
}

pub(crate) fn as_text(job: &Job) -> String {
    let error = if job.error.is_empty() { String::new() } else { format!("  {}", job.error) };
    let state = job.state().as_str_name().to_lowercase();
    format!("{}  {}  {state}  {}/{}  {}{error}", job.id, job.operation, job.items_done, job.items, job.engine)
}
