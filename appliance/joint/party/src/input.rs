//! What a core takes.

use bytes::Bytes;
use secrets::Secret;

use crate::batch::Batch;
use crate::frame::Frame;
use crate::output::Pile;
use crate::unit::Checkpoint;
use crate::work::{Ticket, WorkResult};

/// 32 random bytes, fresh at each start and resumption: all that a core draws comes from them.
#[derive(Debug)]
pub struct Seed(Secret);

/// What a core takes.
#[derive(Debug)]
pub enum Input {
    /// The beginning.
    Start { seed: Seed },
    /// The beginning where a unit is done already: the last one that is done on both sides. The piles are what they were then.
    Resume { seed: Seed, from: Checkpoint },
    /// A frame of the other party.
    Frame(Frame),
    /// Rows, as [`Output::Read`](crate::Output::Read) asked for them; `last` where no more will come.
    Rows { batch: Batch, last: bool },
    /// What became of a piece of work.
    Worked { ticket: Ticket, result: WorkResult },
    /// All that was appended to a pile.
    Collected { pile: Pile, bytes: Bytes },
}

impl Seed {
    pub const BYTES: usize = 32;

    /// `None` unless it is [`Seed::BYTES`] long.
    pub fn new(bytes: Secret) -> Option<Seed> {
        (bytes.len() == Seed::BYTES).then_some(Seed(bytes))
    }

    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}
