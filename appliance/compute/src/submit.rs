//! Taking a job: header, operand, checks, disk, audit, queue.

use std::sync::Arc;

use proto::v1::SubmitRequest;
use proto::v1::submit_request::Part;
use serde_json::json;
use tokio::time::timeout;
use tonic::{Status, Streaming};

use crate::jobs::{Job, State};
use crate::limits;
use crate::request::{RequestError, Spec, Work};
use crate::session::{Authorized, CheckedJob, admit, check_key};
use crate::shared::Shared;
use crate::status::{busy, disk};
use crate::tls::Peer;

use crate::clients::Role::{Administrator, Operator};

pub(crate) async fn submit(
    shared: &Shared,
    peer: Option<&Peer>,
    mut messages: Streaming<SubmitRequest>,
) -> Result<Arc<Job>, Status> {
    let header = match next(&mut messages).await? {
        Some(Part::Header(header)) => header,
        _ => return Err(RequestError::NoHeader.into()),
    };
    let spec = Spec::parse(header)?;
    let admitted = admit(&shared.clients, peer, &[Administrator, Operator], spec)?;
    if !shared.audit.works() {
        // One try: the disk may have room again.
        let retried = shared.audit.record(&admitted.client().name, "audit log retried", json!({})).await;
        retried.map_err(|e| disk(&e))?;
    }
    shared.jobs.room(&admitted.client().name)?;
    let checked = check_key(&shared.keyd, admitted).await?;
    let _upload =
        shared.uploads.clone().try_acquire_owned().map_err(|_| busy("as many uploads as may be are going on"))?;
    let input = match &checked.request().spec.operand_job {
        Some(id) => {
            check_reference(shared, &checked, id)?;
            expect_end(&mut messages).await?;
            Vec::new()
        }
        None => receive(&mut messages, &checked).await?,
    };
    if let Work::Add { addend_job, .. } = &checked.request().spec.work {
        check_reference(shared, &checked, addend_job)?;
    }
    let (checked, input) = check_elements(shared, checked, input).await?;
    accept(shared, checked, input).await
}

/// The job on the disk, in the log, in the queue: in this order.
async fn accept(shared: &Shared, checked: Authorized<CheckedJob>, input: Vec<u8>) -> Result<Arc<Job>, Status> {
    let (client, CheckedJob { spec, .. }) = checked.into_parts();
    let detail = json!({
        "operation": spec.work.name(), "key": spec.work.key_id(), "rows": spec.rows, "columns": spec.columns, "bytes": input.len(),
    });
    shared.jobs.room(&client.name)?;
    let job = shared.jobs.write(&client.name, spec, input).await?;
    let mut line = detail;
    line["job"] = job.record().id.into();
    if let Err(e) = shared.audit.record(&client.name, "job accepted", line).await {
        shared.jobs.discard(&job);
        return Err(disk(&e));
    }
    shared.jobs.queue(job.clone());
    Ok(job)
}

async fn receive(messages: &mut Streaming<SubmitRequest>, checked: &Authorized<CheckedJob>) -> Result<Vec<u8>, Status> {
    let needed = checked.request().spec.items() * checked.request().item_bytes as u64;
    if needed > limits::INPUT_MAX {
        return Err(RequestError::Input { bytes: needed }.into());
    }
    let mut input = Vec::new();
    while let Some(part) = next(messages).await? {
        let Part::Chunk(chunk) = part else { return Err(RequestError::SecondHeader.into()) };
        let found = (input.len() + chunk.len()) as u64;
        if found > needed {
            return Err(RequestError::Length { found, needed }.into());
        }
        input.extend_from_slice(&chunk);
    }
    if input.len() as u64 != needed {
        return Err(RequestError::Length { found: input.len() as u64, needed }.into());
    }
    Ok(input)
}

async fn expect_end(messages: &mut Streaming<SubmitRequest>) -> Result<(), Status> {
    match next(messages).await? {
        None => Ok(()),
        Some(_) => Err(Status::invalid_argument("chunks, although another job's result is the operand")),
    }
}

async fn next(messages: &mut Streaming<SubmitRequest>) -> Result<Option<Part>, Status> {
    match timeout(limits::MESSAGE_WAIT, messages.message()).await {
        Err(_) => Err(Status::deadline_exceeded(format!("no message for {} s", limits::MESSAGE_WAIT.as_secs()))),
        Ok(Err(status)) => Err(status),
        Ok(Ok(None)) => Ok(None),
        Ok(Ok(Some(message))) => match message.part {
            Some(part) => Ok(Some(part)),
            None => Err(Status::invalid_argument("a message with nothing in it")),
        },
    }
}

/// The operand is the result of an ended job of the same client and key, and of the shape that the header says.
fn check_reference(shared: &Shared, checked: &Authorized<CheckedJob>, id: &str) -> Result<(), Status> {
    let CheckedJob { spec, item_bytes, .. } = checked.request();
    let record = shared.jobs.find(&checked.client().name, id)?.record();
    if record.state != State::Done {
        return Err(Status::failed_precondition(format!("job {id} is not done")));
    }
    if matches!(spec.work, Work::ModularExponentiation { .. } | Work::Encrypt { .. }) {
        return Err(Status::invalid_argument("this operation's operand is sent, not taken from another job"));
    }
    let ciphertexts = !matches!(record.spec.work, Work::Decrypt { .. } | Work::ModularExponentiation { .. });
    if !ciphertexts || record.spec.work.key_id() != spec.work.key_id() || record.item_bytes as usize != *item_bytes {
        return Err(Status::invalid_argument(format!("job {id}'s result is no ciphertexts of this key")));
    }
    if (record.rows, record.columns) != (spec.rows, spec.columns) {
        let text = format!(
            "job {id}'s result is {} x {}, the header says {} x {}",
            record.rows, record.columns, spec.rows, spec.columns
        );
        return Err(Status::invalid_argument(text));
    }
    Ok(())
}

/// What was sent, element by element: ciphertexts in range and units, bases below the modulus.
async fn check_elements(
    shared: &Shared,
    checked: Authorized<CheckedJob>,
    input: Vec<u8>,
) -> Result<(Authorized<CheckedJob>, Vec<u8>), Status> {
    let engine = shared.engine.clone();
    let check = move || {
        let CheckedJob { spec, item_bytes, key } = checked.request();
        match (&spec.work, key) {
            (Work::ModularExponentiation { modulus, .. }, _) => {
                // Both are big-endian and equally wide.
                let over = input.chunks_exact(*item_bytes).position(|base| base >= modulus.as_slice());
                if let Some(index) = over {
                    return Err(RequestError::Element { index }.into());
                }
            }
            (Work::Encrypt { .. }, _) | (_, None) => {}
            (_, Some(key)) if !input.is_empty() => {
                let invalid = |e: he::HeError| Status::invalid_argument(e.to_string());
                let key = he::PublicKey::new(&key.public.n, &key.public.hs).map_err(invalid)?;
                key.accept(&engine, &input).map_err(invalid)?;
            }
            _ => {}
        }
        Ok((checked, input))
    };
    tokio::task::spawn_blocking(check).await.map_err(|_| Status::internal("the check of the operand failed"))?
}
