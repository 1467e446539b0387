//! What is known of the box, and the state that follows from it.

use std::collections::BTreeMap;

use crate::{BoxState, Code, Reason, Severity};

/// Reasons that are kept: of one code there are a few, by service or card.
const REASONS_MAX: usize = 64;

/// Something that was found out, or happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The data volume is open from now on, until the box ends.
    Opened,
    /// Whether anybody is enrolled.
    Provisioned(bool),
    Appeared(Reason),
    Gone(Code, String),
}

/// A row of the table of states: which facts give which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableRow {
    pub open: bool,
    pub provisioned: bool,
    /// There is a reason that degrades.
    pub troubled: bool,
    pub state: BoxState,
}

const fn row(open: bool, provisioned: bool, troubled: bool, state: BoxState) -> TableRow {
    TableRow { open, provisioned, troubled, state }
}

/// Every combination of facts. The box is locked as long as the volume is closed, whatever else holds; it is nobody's as long as
/// nobody is enrolled, and says its reasons all the same.
pub const TABLE: [TableRow; 8] = [
    row(false, false, false, BoxState::Locked),
    row(false, false, true, BoxState::Locked),
    row(false, true, false, BoxState::Locked),
    row(false, true, true, BoxState::Locked),
    row(true, false, false, BoxState::Unprovisioned),
    row(true, false, true, BoxState::Unprovisioned),
    row(true, true, false, BoxState::Operational),
    row(true, true, true, BoxState::Degraded),
];

/// The facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    open: bool,
    provisioned: bool,
    reasons: BTreeMap<(Code, String), Reason>,
}

impl Default for Situation {
    /// A box that was just switched on: closed, and taken for one that somebody has, until it is known.
    fn default() -> Situation {
        Situation { open: false, provisioned: true, reasons: BTreeMap::new() }
    }
}

impl Situation {
    /// Takes the event in; whether anything is another than before. What kept the volume closed is over when it is open.
    pub fn take(&mut self, event: Event) -> bool {
        let before = self.clone();
        match event {
            Event::Opened => {
                self.open = true;
                self.reasons.retain(|(code, _), _| code.severity() != Severity::Locks);
            }
            Event::Provisioned(provisioned) => self.provisioned = provisioned,
            Event::Appeared(reason) => {
                let fits = self.reasons.len() < REASONS_MAX || self.reasons.contains_key(&reason.key());
                // Nothing keeps an open volume closed.
                if fits && !(self.open && reason.code().severity() == Severity::Locks) {
                    self.reasons.insert(reason.key(), reason);
                }
            }
            Event::Gone(code, subject) => drop(self.reasons.remove(&(code, subject))),
        }
        *self != before
    }

    pub fn state(&self) -> BoxState {
        let troubled = self.reasons.keys().any(|(code, _)| code.severity() == Severity::Degrades);
        let facts =
            |row: &&TableRow| (row.open, row.provisioned, row.troubled) == (self.open, self.provisioned, troubled);
        // The table has every combination.
        TABLE.iter().find(facts).map_or(BoxState::Locked, |row| row.state)
    }

    /// All reasons, by code.
    pub fn reasons(&self) -> impl Iterator<Item = &Reason> {
        self.reasons.values()
    }

    pub fn has(&self, code: Code) -> bool {
        self.reasons.keys().any(|(c, _)| *c == code)
    }

    /// What is known of this code and subject.
    pub fn reason(&self, code: Code, subject: &str) -> Option<&Reason> {
        self.reasons.get(&(code, subject.to_string()))
    }
}
