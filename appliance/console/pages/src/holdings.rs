//! What the box holds, and what happened: its keys, its programs, its log.

use askama::Template;

use crate::frame::Frame;

/// Every key of the box.
#[derive(Template)]
#[template(path = "keys.html")]
pub struct KeysPage<'a> {
    pub frame: Frame<'a>,
    /// What was done a moment ago.
    pub done: Option<String>,
    pub keys: Vec<KeyRow>,
    /// Whoever is signed in may destroy one.
    pub may_destroy: bool,
    /// The address of the next ones.
    pub more: Option<String>,
}

pub struct KeyRow {
    pub id: String,
    pub name: String,
    pub facts: Vec<Fact>,
    /// Why it cannot be used.
    pub trouble: Option<String>,
    /// Its end takes two people, and another way.
    pub dual_control: bool,
}

/// Every program's certificate.
#[derive(Template)]
#[template(path = "clients.html")]
pub struct ClientsPage<'a> {
    pub frame: Frame<'a>,
    pub done: Option<String>,
    pub clients: Vec<ClientRow>,
    pub may_revoke: bool,
    pub more: Option<String>,
}

pub struct ClientRow {
    pub name: String,
    pub serial: String,
    pub facts: Vec<Fact>,
    /// It is a program in force.
    pub revocable: bool,
}

/// What is said of a key or a program, and its name.
pub struct Fact {
    pub label: String,
    pub words: String,
}

/// The audit log, page by page.
#[derive(Template)]
#[template(path = "audit.html")]
pub struct AuditPage<'a> {
    pub frame: Frame<'a>,
    pub chain: ChainState,
    /// What the lines were looked for by.
    pub actor: &'a str,
    pub action: &'a str,
    /// Which lines were looked at.
    pub looked_at: String,
    pub lines: Vec<LogRow>,
    /// The addresses of the newest lines and of older ones.
    pub newest: Option<String>,
    pub older: Option<String>,
}

/// What is known of the log's chain.
pub struct ChainState {
    pub words: String,
    pub is_broken: bool,
    /// What else an auditor wants to know, a sentence each.
    pub notes: Vec<String>,
}

pub struct LogRow {
    pub number: String,
    pub time: String,
    pub actor: String,
    pub action: String,
    pub detail: String,
}
