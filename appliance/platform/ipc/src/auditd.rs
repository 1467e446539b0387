//! What other services ask of auditd, the one writer of the audit log. The source of a line is the channel that it came by.

use secrets::Secret;
use serde::{Deserialize, Serialize};

use crate::bounded::{Name, Text};
use crate::keyd::Proof;
use crate::serving::Call;

/// A line's detail: a JSON object.
pub type Detail = Text<4096>;

#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// One line, on the disk before it is answered. `client`: whose doing it is; empty: the box's own.
    Record { weight: Weight, client: Name, action: Name, detail: Detail },
    /// Something that a stranger caused, at this address: counted, and summed up in a line every so often.
    Count { action: Name, address: Name },
    /// The log's lines from number `from` on, as many as fit a page, in a memory file.
    Read { from: u64, reader: Reader },
}

/// What becomes of an event whose line cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Weight {
    /// It must not happen: work, new keys, new clients.
    Work,
    /// It happens all the same, and the line is made up for later: what frees room, ends something, or is over already.
    Relief,
}

/// Who reads the log.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reader {
    /// Begins to read.
    Proof(Proof),
    /// Begins to read, for a person at the console: keyd gave it ([`crate::people::PeopleReply::LogTicket`]).
    Ticket(Secret),
    /// Goes on with what [`Reply::Page`] gave.
    Token(u64),
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// The line's number.
    Recorded {
        number: u64,
    },
    Counted,
    /// With a descriptor: a sealed memory file of `bytes` bytes, whole lines, the first of which has the number `first` (above what was
    /// asked for, if older ones were removed). `next`: what to go on with; the log ends at `end`.
    Page {
        bytes: u64,
        first: u64,
        next: u64,
        end: u64,
        token: u64,
    },
    Refused(Refusal),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The line could not be written: why, in words.
    CannotWrite(Text<256>),
    /// More lines than this client, or this service, may cause in a time: come again.
    Quota(Text<256>),
    NotAllowed(Text<256>),
    Invalid(Text<256>),
}

impl Refusal {
    pub fn text(&self) -> &str {
        match self {
            Refusal::CannotWrite(text) | Refusal::Quota(text) | Refusal::NotAllowed(text) | Refusal::Invalid(text) => {
                text.as_str()
            }
        }
    }
}

/// All that [`Request::call`] gives.
pub const CALLS: [&str; 3] = ["record", "count", "read"];

impl Call for Request {
    fn call(&self) -> &'static str {
        match self {
            Request::Record { .. } => "record",
            Request::Count { .. } => "count",
            Request::Read { .. } => "read",
        }
    }
}
