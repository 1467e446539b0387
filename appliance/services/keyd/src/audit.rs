//! keyd's own lines in the audit log: what is issued, leased and destroyed. auditd writes them.

use std::io;

use ipc::auditd::{Refusal, Reply, Request, Weight};
use ipc::{CallError, Caller, Channel, Name, Text};
use serde_json::Value;

/// Lines on their way to the disk.
const IN_FLIGHT: usize = 512;

#[derive(Clone)]
pub(crate) struct Audit(Caller<Reply>);

/// Why a line is not in the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditError {
    #[error("the audit log's service")]
    Call(#[from] CallError),
    #[error("the audit log: {0}")]
    Refused(String),
}

impl Audit {
    pub(crate) fn start(channel: Channel) -> io::Result<Audit> {
        Caller::start(channel, "auditd", IN_FLIGHT, drop).map(Audit)
    }

    /// Has a line written; `then` is told when it is on the disk, or why not, on a thread that must not wait.
    pub(crate) fn record(
        &self,
        weight: Weight,
        client: &Name,
        action: &str,
        detail: &Value,
        then: impl FnOnce(Result<(), AuditError>) + Send + 'static,
    ) {
        let (action, detail) = (Text::shortened(action), Text::shortened(&detail.to_string()));
        let request = Request::Record { weight, client: client.clone(), action, detail };
        // Called here or there, but once.
        let then = std::sync::Arc::new(std::sync::Mutex::new(Some(then)));
        let take = |then: &std::sync::Mutex<Option<_>>| then.lock().ok().and_then(|mut t| t.take());
        let later = then.clone();
        let sent = self.0.send(&request, move |answer| {
            if let Some(then) = take(&later) {
                then(recorded(answer.map(|(reply, _)| reply)));
            }
        });
        if let Err(e) = sent
            && let Some(then) = take(&then)
        {
            then(Err(e.into()));
        }
    }

    /// Counts something that happens often; it is summed up.
    pub(crate) fn count(&self, action: &str, address: &Name) {
        let request = Request::Count { action: Text::shortened(action), address: address.clone() };
        // A count is worth no wait.
        let _ = self.0.send(&request, drop);
    }
}

fn recorded(answer: Result<Reply, CallError>) -> Result<(), AuditError> {
    match answer? {
        Reply::Recorded { .. } => Ok(()),
        Reply::Refused(
            Refusal::CannotWrite(why) | Refusal::Quota(why) | Refusal::NotAllowed(why) | Refusal::Invalid(why),
        ) => Err(AuditError::Refused(why.into_string())),
        _ => Err(AuditError::Refused("it answered something else than was asked".into())),
    }
}
