//! What a core of a joint protocol takes and gives.
//!
//! Two boxes compute together by cores: state machines without I/O, threads, clocks or randomness of their own. A [`Party`] is one
//! of the two. A shell carries its frames, reads its rows, does its work and keeps what it writes; a simulator
//! (`tests/joint-simulator`) does the same for two parties in one thread.
//!
//! **The contract between a core and its shell.**
//! - The first input is [`Input::Start`] or, where checkpoints exist, [`Input::Resume`]; nothing comes after an error or [`Output::Done`].
//! - Outputs are obeyed in their order. What is appended before a checkpoint is as durable as the checkpoint.
//!   A core may run ahead of its checkpoints: bytes and answers say which unit they are of.
//! - Before the shell takes memory for a frame, it asks [`Party::expects`]; the core checks again.
//! - Answers to [`Output::Work`], [`Output::Read`] and [`Output::Collect`] may come in any order among each other.
#![forbid(unsafe_code)]

pub use batch::{Batch, Column};
pub use error::{Found, ProtocolError};
pub use frame::{Channel, Expectation, FRAME_MAX, Frame};
pub use input::{Input, Seed};
pub use output::{Answer, Output, Pile, Summary, Withheld};
pub use unit::{Checkpoint, Unit};
pub use work::{Scalar, Suite, Ticket, Work, WorkResult};

mod batch;
mod error;
mod frame;
mod input;
mod output;
mod unit;
mod work;

/// Which of the two parties one is: the job says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Left,
    Right,
}

impl Role {
    pub fn other(self) -> Role {
        match self {
            Role::Left => Role::Right,
            Role::Right => Role::Left,
        }
    }
}

/// One party of one protocol. Deterministic: the same inputs in the same order give the same outputs.
pub trait Party {
    /// Takes one input and gives what follows from it. After an error the party is over: it takes nothing more.
    fn advance(&mut self, input: Input) -> Result<Vec<Output>, ProtocolError>;

    /// What the party makes of the next frame of a channel, and how long that may be.
    fn expects(&self, channel: Channel) -> Expectation;
}
