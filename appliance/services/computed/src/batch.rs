//! Interactive batches: the operand streams in, the result streams out, nothing is kept.
//!
//! Three parties work at a time, with a block between each two: the feeder (a task: messages to blocks), the batch's own
//! thread (blocks to results, in turns), and the connection (results to TLS). Each waits for the next one, so that a client
//! that reads slowly is computed for slowly, and what a batch holds is bounded: three blocks of operand
//! (`limits::BLOCK_BYTES` at most), one block's result and two chunks of it, and the plaintext factors.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use accounts::endpoints::Endpoint;
use listener::Hangup;
use proto::v1::compute_response::Part;
use proto::v1::{ComputeResponse, ComputeSummary, Progress, ResultShape, SubmitRequest};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::{Status, Streaming};
use zeroize::Zeroizing;

use crate::admission::{Admitted, begin, detail};
use crate::answers::{Answer, Answers, NotTaken};
use crate::error::{AuditError, RunError};
use crate::intake::Intake;
use crate::limits;
use crate::program::Program;
use crate::program::inputs::{ProgramInputs, block_items};
use crate::request::Spec;
use crate::request_error::RequestError;
use crate::result_file::result_of;
use crate::session::{CheckedJob, admit};
use crate::shared::Shared;
use crate::shares::Place;
use crate::status::{audit_status, busy, disk, run_status};
use crate::tls::Peer;
use crate::work::Work;
use crate::workshop::Watch;

type Block = Result<Zeroizing<Vec<u8>>, Status>;

/// Begins a batch; its answer comes through the receiver, and dropping that ends it.
pub(crate) async fn compute(
    shared: &Arc<Shared>,
    peer: Option<&Peer>,
    hangup: Hangup,
    messages: Streaming<SubmitRequest>,
) -> Result<Answers<ComputeResponse>, Status> {
    let mut place = None;
    let room = |client: &str| {
        let entered = shared.batches.enter(client);
        place = Some(entered.ok_or_else(|| busy("as many interactive batches as may be are going on"))?);
        Ok(())
    };
    let Admitted { checked, in_header, exponents, mut intake } =
        begin(shared, peer, Endpoint::Compute, messages, room).await?;
    let factors = intake.factors(checked.request().spec.factors(), in_header).await?;
    let detail = detail(&checked);
    let (client, CheckedJob { spec, layout, key }) = checked.into_parts();
    if matches!(spec.work, Work::RsaBlind { .. }) {
        return Err(RequestError::NeedsHandle.into());
    }
    let block = block_items(&spec, &layout);
    let block_bytes = block as u64 * layout.operand_bytes as u64;
    if block_bytes > limits::BLOCK_BYTES as u64 {
        return Err(RequestError::LongRow { bytes: block_bytes }.into());
    }
    let addend = match &spec.work {
        Work::Add { addend_job: Some(id), .. } => Some(result(shared, &client.name, id)?),
        _ => None,
    };
    let operand = match &spec.operand_job {
        Some(id) => {
            intake.end_without_operand().await?;
            Operand::Kept(result(shared, &client.name, id)?)
        }
        None => Operand::Sent(feed(intake, &spec, layout.operand_bytes, block)),
    };
    let audit = shared.audit.clone();
    let name = client.name.clone();
    // On its way while the first block is computed; nothing leaves before it is on the disk.
    let audited = shared.working.spawn(async move { audit.work(&name, "batch", detail).await });
    let (answer, receiver) = Answer::new(hangup);
    let trusted = matches!(operand, Operand::Kept(_));
    let inputs = ProgramInputs { client: client.name, spec, layout, key, factors, exponents, addend, trusted };
    let batch = Batch {
        shared: shared.clone(),
        peer: peer.cloned(),
        answer,
        audited: Some(audited),
        handle: Handle::current(),
        _place: place,
    };
    let run = move || batch.run(inputs, operand);
    std::thread::Builder::new().name("batch".into()).spawn(run).map_err(|e| Status::internal(e.to_string()))?;
    Ok(receiver)
}

enum Operand {
    /// In blocks, as they come.
    Sent(mpsc::Receiver<Block>),
    /// Another job's result.
    Kept(File),
}

/// A batch on its thread.
struct Batch {
    shared: Arc<Shared>,
    peer: Option<Peer>,
    answer: Answer<ComputeResponse>,
    audited: Option<JoinHandle<Result<(), AuditError>>>,
    handle: Handle,
    _place: Option<Place>,
}

/// Why a batch ended before its end.
enum Ended {
    /// The client is gone, or takes nothing, or the service stops.
    Cancelled(&'static str),
    Failed(Status),
}

impl Batch {
    fn run(mut self, inputs: ProgramInputs, operand: Operand) {
        let (name, client) = (inputs.spec.work.name(), inputs.client.clone());
        let (items, started) = (inputs.spec.items(), Instant::now());
        let (action, status) = match self.work(inputs, operand) {
            Ok(()) => return self.shared.tally.add(name, "batch", items, started.elapsed()),
            Err(Ended::Cancelled(why)) => ("batch cancelled", Status::cancelled(why)),
            Err(Ended::Failed(status)) => ("batch failed", status),
        };
        // After the line of its beginning.
        let begun = self.audited.take().map(|audited| self.handle.block_on(audited));
        if let Some(Ok(Err(e))) = begun {
            eprintln!("computed: the audit log: {e}");
        }
        let detail = json!({ "operation": name, "error": status.message() });
        self.shared.audit.relief_blocking(&client, action, detail);
        // The client may be gone.
        let _ = self.answer(Err(status), 0);
    }

    fn work(&mut self, inputs: ProgramInputs, mut operand: Operand) -> Result<(), Ended> {
        let (spec, layout) = (inputs.spec.clone(), inputs.layout);
        let (steps, done) = (spec.steps(), AtomicU64::new(0));
        let (sender, shared) = (self.answer.sender(), self.shared.clone());
        let stop = || sender.is_closed() || shared.jobs.is_stopping();
        let mut program = Program::open(shared.workshop.clone(), inputs).map_err(failed)?;
        let (mut left, block) = (spec.items() as usize, program.block_items());
        let mut begun = false;
        while left > 0 {
            let items = block.min(left);
            let bytes = self.next(&mut operand, items * layout.operand_bytes)?;
            // Progress as it comes, if there is room for it: no client waits for it.
            let told = |more: u64| {
                let items_done = done.fetch_add(more, Ordering::Relaxed) + more;
                let _ = sender.try_send(Ok(message(Part::Progress(Progress { items_done, items: steps }))));
            };
            let quiet = |more: u64| {
                done.fetch_add(more, Ordering::Relaxed);
            };
            let watch = Watch { stop: &stop, done: if begun { &told } else { &quiet } };
            let result = program.step(&bytes, &watch).map_err(failed)?;
            left -= items;
            if !begun {
                begun = true;
                self.begin_answer(&layout)?;
            }
            self.send(result)?;
        }
        self.end_of(&mut operand)?;
        self.send(program.finish())?;
        self.answer(Ok(message(Part::Summary(ComputeSummary { engine: program.used() }))), 0)
    }

    /// The result's shape, once the batch is in the log.
    fn begin_answer(&mut self, layout: &crate::layout::Layout) -> Result<(), Ended> {
        if let Some(audited) = self.audited.take() {
            let recorded = self.handle.block_on(audited).unwrap_or(Err(AuditError::Unexpected));
            recorded.map_err(|e| Ended::Failed(audit_status(&e)))?;
        }
        let (rows, columns, item_bytes) = (layout.rows, layout.columns, layout.item_bytes as u32);
        self.answer(Ok(message(Part::Shape(ResultShape { rows, columns, item_bytes }))), 0)
    }

    fn next(&self, operand: &mut Operand, bytes: usize) -> Result<Zeroizing<Vec<u8>>, Ended> {
        // Revoked or expired in the meantime: a batch may last.
        admit(&self.shared, self.peer.as_ref(), Endpoint::Compute, ()).map_err(Ended::Failed)?;
        match operand {
            Operand::Sent(blocks) => match blocks.blocking_recv() {
                Some(block) => block.map_err(Ended::Failed),
                None => Err(Ended::Cancelled("the operand's sender is gone")),
            },
            Operand::Kept(file) => {
                let mut block = Zeroizing::new(vec![0; bytes]);
                file.read_exact(&mut block).map_err(|e| Ended::Failed(disk(&e)))?;
                Ok(block)
            }
        }
    }

    /// The feeder has nothing more, and found nothing wrong.
    fn end_of(&self, operand: &mut Operand) -> Result<(), Ended> {
        match operand {
            Operand::Sent(blocks) => match blocks.blocking_recv() {
                Some(Err(status)) => Err(Ended::Failed(status)),
                Some(Ok(_)) | None => Ok(()),
            },
            Operand::Kept(_) => Ok(()),
        }
    }

    fn send(&mut self, mut result: Zeroizing<Vec<u8>>) -> Result<(), Ended> {
        if result.is_empty() {
            return Ok(());
        }
        if result.len() <= limits::CHUNK {
            let bytes = result.len();
            return self.answer(Ok(message(Part::Chunk(std::mem::take(&mut *result)))), bytes);
        }
        result.chunks(limits::CHUNK).try_for_each(|c| self.answer(Ok(message(Part::Chunk(c.to_vec()))), c.len()))
    }

    /// Waits for the client to take it, at its pace.
    fn answer(&mut self, part: Result<ComputeResponse, Status>, bytes: usize) -> Result<(), Ended> {
        let Batch { handle, answer, .. } = self;
        handle.block_on(answer.send(part, bytes)).map_err(|why| match why {
            NotTaken::Gone => Ended::Cancelled("the client is gone"),
            NotTaken::TooSlow => Ended::Cancelled("the client took the answer too slowly"),
        })
    }
}

/// A task that cuts what is sent into blocks, one ahead of the computation. It ends with the batch.
fn feed(mut intake: Intake, spec: &Spec, item_bytes: usize, block_items: usize) -> mpsc::Receiver<Block> {
    let (sender, receiver) = mpsc::channel::<Block>(1);
    let (items, block) = (spec.items(), block_items as u64);
    tokio::spawn(async move {
        let needed = items * item_bytes as u64;
        let feed = async {
            let mut left = items;
            while left > 0 {
                let now = block.min(left);
                let bytes = intake.block(now as usize * item_bytes, needed).await?;
                if sender.send(Ok(bytes)).await.is_err() {
                    return Ok(());
                }
                left -= now;
            }
            intake.end(needed).await
        };
        let fed = tokio::select! {
            fed = feed => fed,
            () = sender.closed() => Ok(()),
        };
        if let Err(status) = fed {
            // The batch may have ended by itself.
            let _ = sender.send(Err(status)).await;
        }
    });
    receiver
}

fn result(shared: &Shared, client: &str, id: &str) -> Result<File, Status> {
    result_of(&shared.jobs, client, id).map_err(|e| run_status(&e))
}

fn failed(error: RunError) -> Ended {
    match error.is_cancelled() {
        true => Ended::Cancelled("the client is gone, or the service stops"),
        false => Ended::Failed(run_status(&error)),
    }
}

fn message(part: Part) -> ComputeResponse {
    ComputeResponse { part: Some(part) }
}
