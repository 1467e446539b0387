//! The way to the audit log: read piece by piece, for somebody to whom keyd gave a ticket. No more than a piece is ever in memory.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;

use ipc::auditd::{Reader, Reply, Request};
use ipc::{Caller, Channel};
use secrets::Secret;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{ConsoleError, LogError};
use crate::limits;

/// One, for all readers.
pub(crate) struct Log {
    auditd: Caller<Reply>,
    places: Arc<Semaphore>,
}

/// Somebody who reads.
pub(crate) struct Reading {
    auditd: Caller<Reply>,
    /// What the next piece is asked for with.
    reader: Option<Reader>,
    _place: OwnedSemaphorePermit,
}

/// Whole lines.
pub(crate) struct Piece {
    /// The number of the first one.
    pub(crate) first: u64,
    /// What to go on with.
    pub(crate) next: u64,
    /// Where the log ends.
    pub(crate) end: u64,
    pub(crate) text: Vec<u8>,
}

impl Log {
    pub(crate) fn start(channel: Channel) -> Result<Log, ConsoleError> {
        let auditd = Caller::start(channel, "auditd", limits::AUDITD_IN_FLIGHT, drop).map_err(ConsoleError::Runtime)?;
        Ok(Log { auditd, places: Arc::new(Semaphore::new(limits::LOG_READERS)) })
    }

    /// Unless as many read already as may.
    pub(crate) fn reading(&self, ticket: Secret) -> Result<Reading, LogError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| LogError::Crowded)?;
        Ok(Reading { auditd: self.auditd.clone(), reader: Some(Reader::Ticket(ticket)), _place: place })
    }
}

impl Reading {
    /// The lines from this number on, as many as come at once; behind the end there are none.
    pub(crate) async fn piece(&mut self, from: u64) -> Result<Piece, LogError> {
        let reader = self.reader.take().ok_or(LogError::Unexpected)?;
        match self.auditd.ask(&Request::Read { from, reader }, limits::AUDITD).await? {
            (Reply::Page { bytes, first, next, end, token }, Some(memory)) if bytes <= limits::PIECE_MAX => {
                self.reader = Some(Reader::Token(token));
                let mut text = Vec::new();
                File::from(memory).take(bytes).read_to_end(&mut text).map_err(LogError::Memory)?;
                Ok(Piece { first, next, end, text })
            }
            (Reply::Refused(refusal), _) => Err(LogError::Refused(refusal)),
            _ => Err(LogError::Unexpected),
        }
    }
}

impl Piece {
    /// Each with its number, without the newline.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let lines = self.text.split_inclusive(|byte| *byte == b'\n');
        (self.first..).zip(lines.map(|line| line.strip_suffix(b"\n").unwrap_or(line)))
    }
}
