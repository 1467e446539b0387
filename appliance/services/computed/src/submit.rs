//! Taking a job: header, factors, operand, each checked and written as it comes; then the log, the record, the queue.

use std::sync::Arc;

use accounts::endpoints::Endpoint;
use proto::v1::SubmitRequest;
use serde_json::{Value, json};
use tonic::{Status, Streaming};

use crate::admission::{Admitted, begin, check_references, detail};
use crate::arriving::Arriving;
use crate::element_check::ElementCheck;
use crate::incoming::{Incoming, blocking};
use crate::intake::Intake;
use crate::job::Job;
use crate::limits;
use crate::request_error::RequestError;
use crate::session::{CheckedJob, admit};
use crate::shared::Shared;
use crate::status::{audit_status, busy, disk};
use crate::tls::Peer;

pub(crate) async fn submit(
    shared: &Shared,
    peer: Option<&Peer>,
    messages: Streaming<SubmitRequest>,
) -> Result<Arc<Job>, Status> {
    let mut upload = None;
    let room = |client: &str| {
        upload = Some(shared.uploads.enter(client).ok_or_else(|| busy("as many uploads as may be are going on"))?);
        Ok(())
    };
    let Admitted { checked, in_header, exponents, mut intake } =
        begin(shared, peer, Endpoint::Submit, messages, room).await?;
    let (client, job) = (&checked.client().name, checked.request());
    let factors = match job.spec.factors() {
        Some(_) if !in_header.is_empty() => in_header.len() as u64,
        Some(factors) => factors.bytes_max(),
        None => 0,
    };
    let arriving = Arriving::begin(&shared.jobs, client, job, operand_bytes(job)? + factors)?;
    if factors > 0 {
        let mut file = Incoming::create(arriving.job().factors())?;
        if !in_header.is_empty() {
            file = file.add(in_header, |_| Ok(())).await?;
        } else if let Some(needed) = job.spec.factors() {
            let mut received = 0;
            while let Some(chunk) = intake.factor_chunk(&needed, received).await? {
                received += chunk.len() as u64;
                file = file.add(chunk, |_| Ok(())).await?;
            }
        }
        file.finish().await?;
    }
    match &job.spec.operand_job {
        Some(_) => intake.end_without_operand().await?,
        None => receive_operand(shared, job, &arriving, intake).await?,
    }
    // The upload took its time: the client may be revoked, and what it names gone.
    admit(shared, peer, Endpoint::Submit, ())?;
    check_references(shared, &checked)?;
    accept(shared, detail(&checked), arriving, exponents).await
}

async fn receive_operand(
    shared: &Shared,
    job: &CheckedJob,
    arriving: &Arriving,
    mut intake: Intake,
) -> Result<(), Status> {
    let (width, needed) = (job.layout.operand_bytes, operand_bytes(job)?);
    let check = ElementCheck::of(job, &shared.workshop.engine)?;
    let mut file = Incoming::create(arriving.job().input())?;
    let (items, block) = (job.spec.items() as usize, (limits::UPLOAD_BLOCK / width).max(1));
    for first in (0..items).step_by(block) {
        let bytes = intake.block(block.min(items - first) * width, needed).await?;
        let check = check.clone();
        file = file.add(bytes, move |block| check.check(block, first)).await?;
    }
    intake.end(needed).await?;
    file.finish().await
}

/// Bytes of operand that are to come.
fn operand_bytes(job: &CheckedJob) -> Result<u64, Status> {
    let bytes = match job.spec.operand_job {
        Some(_) => 0,
        None => job.spec.items() * job.layout.operand_bytes as u64,
    };
    if bytes > limits::INPUT_MAX { Err(RequestError::Input { bytes }.into()) } else { Ok(bytes) }
}

/// The job in the log, on the disk, in the queue: in this order, so that a job that a restart finds has its line. A line whose job
/// the power took was answered to nobody.
async fn accept(
    shared: &Shared,
    mut line: Value,
    arriving: Arriving,
    exponents: Option<crate::exponents::Exponents>,
) -> Result<Arc<Job>, Status> {
    let record = arriving.job().record();
    line["job"] = record.id.as_str().into();
    shared.audit.work(&record.client, "job accepted", line).await.map_err(|e| audit_status(&e))?;
    match blocking(move || arriving.seal(exponents.as_ref()).map_err(|e| disk(&e))).await {
        Ok(arriving) => Ok(arriving.queue()),
        Err(status) => {
            let detail = json!({ "job": record.id, "error": status.message() });
            shared.audit.relief(&record.client, "job not accepted", detail).await;
            Err(status)
        }
    }
}
