//! What all stages of a core share.

use bytes::Bytes;
use party::{Channel, Checkpoint, Found, Frame, Output, Pile, ProtocolError, Role, Scalar, Ticket, Unit};

use crate::terms::Terms;

/// Batches or piles that are worked on at once.
pub(crate) const WINDOW: u32 = 4;

pub(crate) const SIZES: Channel = Channel(1);
pub(crate) const POINTS: Channel = Channel(2);
pub(crate) const LISTS: Channel = Channel(3);
pub(crate) const GATE: Channel = Channel(4);
pub(crate) const NUMBERS: Channel = Channel(5);

/// Kinds of piles.
pub(crate) const ITEMS: u8 = 0;
/// Items and rows of a batch.
pub(crate) const BATCHES: u8 = 1;
/// Duals of the other side's items, and the items' numbers.
pub(crate) const THEIRS: u8 = 2;
/// Positions in a list of own duals that the other side has too.
pub(crate) const MATCHED: u8 = 3;
/// Matched items of a batch: rank and place.
pub(crate) const PLACES: u8 = 4;
/// Matched rows: rank and row.
pub(crate) const RANKED: u8 = 5;

pub(crate) struct Context {
    pub(crate) terms: Terms,
    pub(crate) role: Role,
    pub(crate) job: [u8; 32],
    pub(crate) scalar: Scalar,
    /// Rows of the own data set.
    pub(crate) rows: u64,
    tickets: u64,
}

impl Context {
    pub(crate) fn new(terms: Terms, role: Role, job: [u8; 32], scalar: Scalar, rows: u64) -> Context {
        Context { terms, role, job, scalar, rows, tickets: 0 }
    }

    pub(crate) fn receives(&self) -> bool {
        self.terms.receives(self.role)
    }

    pub(crate) fn other_receives(&self) -> bool {
        self.terms.receives(self.role.other())
    }

    pub(crate) fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }
}

pub(crate) fn send(channel: Channel, unit: Unit, bytes: Vec<u8>) -> Output {
    Output::Send(Frame { channel, unit, bytes: bytes.into() })
}

pub(crate) fn append(unit: Unit, kind: u8, number: u32, bytes: Vec<u8>) -> Output {
    Output::Append { unit, pile: Pile { kind, number }, bytes: bytes.into() }
}

pub(crate) fn collect(kind: u8, number: u32) -> Output {
    Output::Collect { pile: Pile { kind, number } }
}

/// What a core resumes from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    /// Sizes of both sides, padding included.
    pub(crate) own: u64,
    pub(crate) theirs: u64,
    /// Matches in the lists so far.
    pub(crate) common: u64,
    /// Matches whose numbers came.
    pub(crate) ranked: u64,
}

impl State {
    pub(crate) fn checkpoint(&self, unit: Unit) -> Output {
        let words = [self.own, self.theirs, self.common, self.ranked];
        let state: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        Output::Checkpoint(Checkpoint { unit, state: state.into() })
    }

    pub(crate) fn read(state: &Bytes) -> Result<State, ProtocolError> {
        let ([own, theirs, common, ranked], []) = state.as_chunks::<8>() else {
            return Err(ProtocolError::fault("a checkpoint's length"));
        };
        let [own, theirs, common, ranked] = [own, theirs, common, ranked].map(|word| u64::from_le_bytes(*word));
        Ok(State { own, theirs, common, ranked })
    }
}

/// The unit that a frame must be of.
pub(crate) fn check_unit(frame: &Frame, unit: Unit, stage: &'static str) -> Result<(), ProtocolError> {
    if frame.unit == unit {
        return Ok(());
    }
    let found = Found::Value { found: frame.unit.0.into(), expected: unit.0.into() };
    Err(ProtocolError::Breach { stage, field: "unit", found })
}

pub(crate) fn unexpected() -> ProtocolError {
    ProtocolError::fault("an answer to what was not asked")
}
