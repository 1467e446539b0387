//! What the writer is asked for, and what it asks for.

use std::sync::mpsc::SyncSender;

use audit_log::head::SignedHead;
use ipc::Responder;
use ipc::auditd::{Reply, Weight};
use serde_json::{Map, Value};

pub(crate) enum Job {
    Record(Entry),
    Count {
        action: String,
        address: String,
    },
    /// The head that was asked for, or that there is none now.
    Head(Option<Box<SignedHead>>),
    /// Sum up, sign, and end; told when all is written.
    Stop(SyncSender<()>),
}

pub(crate) struct Entry {
    pub(crate) source: String,
    pub(crate) weight: Weight,
    pub(crate) client: String,
    pub(crate) action: String,
    pub(crate) detail: Map<String, Value>,
    /// `None`: nobody waits.
    pub(crate) responder: Option<Responder<Reply>>,
}

/// Where the chain stands.
pub(crate) struct HeadDue {
    pub(crate) number: u64,
    pub(crate) hash: String,
}
