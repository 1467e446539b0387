//! What a core gives.

use bytes::Bytes;

use crate::frame::Frame;
use crate::unit::{Checkpoint, Unit};
use crate::work::{Ticket, Work};

/// What a core gives. The shell obeys in this order.
#[derive(Debug)]
pub enum Output {
    /// A frame for the other party.
    Send(Frame),
    /// Wanted: the next rows of the data set, `at_most` so many.
    Read { at_most: usize },
    /// Work that takes long: the shell does it where it is fastest, and answers with the same ticket.
    Work { ticket: Ticket, work: Work },
    /// Bytes to put on a pile, which the shell spills to the disk, encrypted under the job's key.
    Append { unit: Unit, pile: Pile, bytes: Bytes },
    /// Wanted: all that was put on a pile, in the order in which it was; no bytes where nothing was. The core sees to it that a pile
    /// fits into memory.
    Collect { pile: Pile },
    /// A unit is done: to be written durably, with what was appended before it.
    Checkpoint(Checkpoint),
    /// So many units are done on both sides, and others are not: what was appended, answered or checkpointed for any later unit is dropped.
    /// Whoever attaches gives it, before the core resumes; a core does not.
    Restore { units: u32 },
    /// A part of what this party learns.
    Result { unit: Unit, answer: Answer },
    /// All is done.
    Done(Summary),
}

/// A spill file of a core: which kind, and which of that kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pile {
    pub kind: u8,
    pub number: u32,
}

/// A part of a party's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// How many items both have.
    Count(u64),
    /// Numbers of own rows, from 0 in the data set's order. The k-th of one party belongs to the k-th of the other, if both get rows.
    Rows(Vec<u64>),
}

/// What the receipt says of a finished protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Items on this side, padding included: what the other party saw.
    pub own: u64,
    /// Items of the other side.
    pub others: u64,
    /// Items in common, where this party may know it.
    pub common: Option<u64>,
    /// Why nothing more than that was revealed, if the contract's bounds forbade it.
    pub withheld: Option<Withheld>,
}

/// A bound of the contract on what two sets have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// Fewer items than the least number.
    TooFew,
    /// More than the largest part of one side's items.
    TooMany,
}
