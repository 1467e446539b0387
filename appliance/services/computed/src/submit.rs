//! Taking a job: header, operand, checks, disk, audit, queue.

use std::sync::Arc;

use proto::v1::SubmitRequest;
use tonic::{Status, Streaming};
use zeroize::Zeroizing;

use crate::admission::{Admitted, begin, check_references, detail};
use crate::job::Job;
use crate::limits;
use crate::request_error::RequestError;
use crate::session::{Authorized, CheckedJob};
use crate::shared::Shared;
use crate::spool::Content;
use crate::status::{busy, disk};
use crate::tls::Peer;
use crate::work::Work;
use crate::workshop::open_public;

pub(crate) async fn submit(
    shared: &Shared,
    peer: Option<&Peer>,
    messages: Streaming<SubmitRequest>,
) -> Result<Arc<Job>, Status> {
    let mut upload = None;
    let room = |client: &str| {
        shared.jobs.room(client)?;
        upload = Some(shared.uploads.enter(client).ok_or_else(|| busy("as many uploads as may be are going on"))?);
        Ok(())
    };
    let Admitted { checked, factors, exponents, mut intake } = begin(shared, peer, messages, room).await?;
    let CheckedJob { spec, layout, .. } = checked.request();
    let operand = match &spec.operand_job {
        Some(_) => {
            intake.end_without_operand().await?;
            Zeroizing::default()
        }
        None => {
            let needed = spec.items() * layout.operand_bytes as u64;
            if needed > limits::INPUT_MAX {
                return Err(RequestError::Input { bytes: needed }.into());
            }
            let operand = intake.block(needed as usize, needed).await?;
            intake.end(needed).await?;
            operand
        }
    };
    let (checked, operand) = check_elements(shared, checked, operand).await?;
    // The upload took its time.
    check_references(shared, &checked)?;
    accept(shared, checked, Content { operand, factors, exponents }).await
}

/// The job on the disk, in the log, in the queue: in this order.
async fn accept(shared: &Shared, checked: Authorized<CheckedJob>, content: Content) -> Result<Arc<Job>, Status> {
    let mut line = detail(&checked);
    let (client, CheckedJob { spec, layout, .. }) = checked.into_parts();
    shared.jobs.room(&client.name)?;
    shared.jobs.room_for(&client.name, layout.result_bytes())?;
    let job = shared.jobs.write(&client.name, spec, layout, content).await?;
    line["job"] = job.record().id.as_str().into();
    if let Err(e) = shared.audit.record(&client.name, "job accepted", line).await {
        shared.jobs.discard(&job);
        return Err(disk(&e));
    }
    shared.jobs.queue(job.clone());
    Ok(job)
}

/// What was sent, element by element: ciphertexts in range and units, bases below the modulus.
async fn check_elements(
    shared: &Shared,
    checked: Authorized<CheckedJob>,
    input: Zeroizing<Vec<u8>>,
) -> Result<(Authorized<CheckedJob>, Zeroizing<Vec<u8>>), Status> {
    let engine = shared.workshop.engine.clone();
    let check = move || {
        let CheckedJob { spec, layout, key } = checked.request();
        match (&spec.work, key) {
            (Work::ModularExponentiation { modulus }, _) => {
                // Both are big-endian and equally wide.
                let over = input.chunks_exact(layout.operand_bytes).position(|base| base >= modulus.as_slice());
                if let Some(index) = over {
                    return Err(RequestError::Element { index }.into());
                }
            }
            (_, Some(key)) if layout.takes_ciphertexts && !input.is_empty() => {
                let invalid = |e: he::HeError| Status::invalid_argument(e.to_string());
                open_public(key).and_then(|key| key.accept(&engine, &input)).map_err(invalid)?;
            }
            _ => {}
        }
        Ok((checked, input))
    };
    tokio::task::spawn_blocking(check).await.map_err(|_| Status::internal("the check of the operand failed"))?
}
