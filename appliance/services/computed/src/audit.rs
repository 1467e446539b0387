//! The way to the audit log: who did what and how much of it, never a value. auditd writes it.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use ipc::auditd::{Reader, Refusal, Reply, Request, Weight};
use ipc::{Answer, CallError, Caller, Channel, Name, Text};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::error::{AuditError, ComputeError};
use crate::limits;

#[derive(Clone)]
pub struct Audit {
    auditd: Caller<Reply>,
    /// A line could not be written: nobody may start work that would leave no trace.
    failed: Arc<AtomicBool>,
}

/// A piece of the log.
pub struct Page {
    pub file: File,
    pub next: u64,
    pub end: u64,
    pub token: u64,
}

impl Audit {
    pub fn start(channel: Channel) -> Result<Audit, ComputeError> {
        let auditd = Caller::start(channel, "auditd", limits::AUDITD_IN_FLIGHT, drop);
        Ok(Audit { auditd: auditd.map_err(ComputeError::Runtime)?, failed: Arc::default() })
    }

    /// Adds a line about work; it is on the disk when this returns, or the work must not be done.
    pub async fn work(&self, client: &str, action: &str, detail: Value) -> Result<(), AuditError> {
        self.recorded(self.call(line(Weight::Work, client, action, &detail)?).await)
    }

    /// Adds a line about what happens whether there is a line or not: what ends something, or frees room.
    pub async fn relief(&self, client: &str, action: &str, detail: Value) {
        let written = match line(Weight::Relief, client, action, &detail) {
            Ok(line) => self.recorded(self.call(line).await),
            Err(e) => Err(e),
        };
        said(written);
    }

    /// As [`Audit::work`], for threads that may block.
    pub fn work_blocking(&self, client: &str, action: &str, detail: Value) -> Result<(), AuditError> {
        let answer = self.auditd.call(&line(Weight::Work, client, action, &detail)?, limits::AUDITD);
        self.recorded(answer)
    }

    /// As [`Audit::relief`], for threads that may block.
    pub fn relief_blocking(&self, client: &str, action: &str, detail: Value) {
        let written = line(Weight::Relief, client, action, &detail)
            .and_then(|line| self.recorded(self.auditd.call(&line, limits::AUDITD)));
        said(written);
    }

    /// Counts something that a stranger caused.
    pub fn count(&self, action: &str, address: &str) {
        let request = Request::Count { action: Text::shortened(action), address: Name::shortened(address) };
        // A count is worth no wait.
        let _ = self.auditd.send(&request, drop);
    }

    /// The lines from this number on.
    pub async fn read(&self, from: u64, reader: Reader) -> Result<Page, AuditError> {
        match self.call(Request::Read { from, reader }).await? {
            (Reply::Page { next, end, token, .. }, Some(file)) => Ok(Page { file: file.into(), next, end, token }),
            (Reply::Refused(refusal), _) => Err(AuditError::Refused(refusal)),
            _ => Err(AuditError::Unexpected),
        }
    }

    /// Whether lines can be written, as far as is known.
    pub fn works(&self) -> bool {
        !self.failed.load(Ordering::Relaxed)
    }

    async fn call(&self, request: Request) -> Answer<Reply> {
        let (sender, answer) = oneshot::channel();
        // A caller that stopped waiting gets no answer.
        let id = self.auditd.send(&request, move |reply| drop(sender.send(reply)))?;
        match timeout(limits::AUDITD, answer).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(_)) => Err(CallError::Gone),
            Err(_) => {
                self.auditd.forget(id);
                Err(CallError::TimedOut { wait: limits::AUDITD })
            }
        }
    }

    fn recorded(&self, answer: Answer<Reply>) -> Result<(), AuditError> {
        let outcome = match answer {
            Ok((Reply::Recorded { .. } | Reply::Counted, _)) => Ok(()),
            Ok((Reply::Refused(refusal), _)) => Err(AuditError::Refused(refusal)),
            Ok(_) => Err(AuditError::Unexpected),
            Err(e) => Err(e.into()),
        };
        let is_full = matches!(outcome, Err(AuditError::Refused(Refusal::CannotWrite(_))));
        self.failed.store(is_full, Ordering::Relaxed);
        outcome
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

fn line(weight: Weight, client: &str, action: &str, detail: &Value) -> Result<Request, AuditError> {
    Ok(Request::Record {
        weight,
        client: Name::new("the client's name", client)?,
        action: Text::new("the action", action)?,
        detail: Text::new("the audit line's detail", detail.to_string())?,
    })
}

fn said(written: Result<(), AuditError>) {
    if let Err(e) = written {
        eprintln!("computed: {}", crate::error::chain(&e));
    }
}
