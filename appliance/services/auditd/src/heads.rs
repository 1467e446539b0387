//! The thread that has heads signed: keyd and its TPM take their time, and the writer does not wait.

use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

use attestation::Quote;
use audit_log::head::{SignedHead, Statement};
use data_encoding::HEXLOWER;
use ipc::keyd::{Reply, Request};
use ipc::{Bytes, Caller};

use crate::job::{HeadDue, Job};

/// An emulated TPM is slow; a stop waits less, and then goes without.
const WAIT: Duration = Duration::from_secs(60);

pub(crate) fn run(keyd: &Caller<Reply>, due: &Receiver<HeadDue>, writer: &SyncSender<Job>) {
    for due in due {
        let head = sign(keyd, &due).inspect_err(|e| eprintln!("auditd: no head was signed: {e}")).ok();
        if writer.send(Job::Head(head.map(Box::new))).is_err() {
            return;
        }
    }
}

fn sign(keyd: &Caller<Reply>, due: &HeadDue) -> Result<SignedHead, String> {
    let hash = HEXLOWER.decode(due.hash.as_bytes()).map_err(|e| e.to_string())?;
    let hash = Bytes::new("the hash", hash).map_err(|e| e.to_string())?;
    let request = Request::SignHead { number: due.number, hash };
    match keyd.call(&request, WAIT).map_err(|e| error_chain::chain(&e))?.0 {
        Reply::Head { heads, losses, quote } => {
            let statement = Statement { number: due.number, hash: due.hash.clone(), heads, losses };
            let quote = Quote {
                attest: quote.attest.into_vec(),
                signature: quote.signature.into_vec(),
                attestation_key: quote.attestation_key.into_vec(),
                pcrs: quote.pcrs.into_vec().into_iter().map(|(index, value)| (index, value.into_vec())).collect(),
            };
            Ok(SignedHead { statement, quote })
        }
        Reply::Refused(refusal) => Err(refusal.text().to_string()),
        _ => Err("keyd answered something else than was asked".into()),
    }
}
