//! What a job and an interactive batch have in common before they begin: header, client, key, factors, other jobs.

use accounts::endpoints::Endpoint;
use proto::v1::SubmitRequest;
use serde_json::json;
use tonic::{Status, Streaming};
use zeroize::Zeroizing;

use crate::bounds::Bounded;
use crate::exponents::Exponents;
use crate::intake::Intake;
use crate::record::State;
use crate::request::{Parsed, Spec};
use crate::session::{Authorized, CheckedJob, admit, check_key};
use crate::shared::Shared;
use crate::status::audit_status;
use crate::tls::Peer;
use crate::work::Work;

/// A job that may be done; its factors and operand, if they are sent, are still to come.
pub(crate) struct Admitted {
    pub(crate) checked: Authorized<CheckedJob>,
    /// Plaintext factors that stood in the header; others are still to come.
    pub(crate) in_header: Zeroizing<Vec<u8>>,
    pub(crate) exponents: Option<Exponents>,
    pub(crate) intake: Intake,
}

/// Reads the header. `room` is asked before anything else of the client's is looked at.
pub(crate) async fn begin(
    shared: &Shared,
    peer: Option<&Peer>,
    endpoint: Endpoint,
    messages: Streaming<SubmitRequest>,
    room: impl FnOnce(&str) -> Result<(), Status>,
) -> Result<Admitted, Status> {
    let mut intake = Intake::new(messages);
    let header = intake.header().await?;
    header.check()?;
    let Parsed { spec, factors: in_header, exponents } = Spec::parse(header)?;
    let admitted = admit(shared, peer, endpoint, spec)?;
    if !shared.audit.works() {
        // One try, before anything is sent in vain: the disk may have room again.
        let retried = shared.audit.work(&admitted.client().name, "audit log retried", json!({})).await;
        retried.map_err(|e| audit_status(&e))?;
    }
    room(&admitted.client().name)?;
    let checked = check_key(&shared.workshop.keyd, admitted).await?;
    check_references(shared, &checked)?;
    Ok(Admitted { checked, in_header, exponents, intake })
}

/// The audit line's detail: who and what and how much, never a value.
pub(crate) fn detail(checked: &Authorized<CheckedJob>) -> serde_json::Value {
    let CheckedJob { spec, layout, .. } = checked.request();
    let bytes = if spec.operand_job.is_some() { 0 } else { spec.items() * layout.operand_bytes as u64 };
    json!({
        "operation": spec.work.name(), "key": spec.work.key_id(), "rows": spec.rows, "columns": spec.columns, "bytes": bytes,
    })
}

/// The jobs that the header names are the same client's, done, and fit.
pub(crate) fn check_references(shared: &Shared, checked: &Authorized<CheckedJob>) -> Result<(), Status> {
    let CheckedJob { spec, layout, .. } = checked.request();
    let client = &checked.client().name;
    if let Some(id) = &spec.operand_job {
        check_result(shared, client, id, spec, layout.operand_bytes, layout.takes_ciphertexts)?;
    }
    match &spec.work {
        Work::Add { addend_job: Some(id), .. } => check_result(shared, client, id, spec, layout.item_bytes, true),
        Work::RsaUnblind { key_id, blind_job } => {
            let record = shared.jobs.find(client, blind_job)?.record();
            let same = matches!(&record.spec.work, Work::RsaBlind { key_id: other } if other == key_id);
            if !same || (record.spec.rows, record.spec.columns) != (spec.rows, spec.columns) {
                return Err(Status::invalid_argument(format!("job {blind_job} is no blinding of this key and shape")));
            }
            if record.state != State::Done || !shared.workshop.blinds.has(blind_job) {
                let text = format!("job {blind_job} has no blinding factors: not yet, used up, or lost at a restart");
                return Err(Status::failed_precondition(text));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The result of an ended job of the same client, of the shape that the header says and the width that the operation needs.
fn check_result(
    shared: &Shared,
    client: &str,
    id: &str,
    spec: &Spec,
    item_bytes: usize,
    ciphertexts: bool,
) -> Result<(), Status> {
    let record = shared.jobs.find(client, id)?.record();
    if record.state != State::Done {
        return Err(Status::failed_precondition(format!("job {id} is not done")));
    }
    let same_key = record.spec.work.key_id() == spec.work.key_id();
    if ciphertexts && !(record.spec.work.gives_ciphertexts() && same_key) {
        return Err(Status::invalid_argument(format!("job {id}'s result is no ciphertexts of this key")));
    }
    if record.item_bytes as usize != item_bytes {
        let text =
            format!("job {id}'s result has items of {} bytes, the operation takes {item_bytes}", record.item_bytes);
        return Err(Status::invalid_argument(text));
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
