//! Everything that can be wrong with a card or with what it was asked.

use std::time::Duration;

use card_csr::{
    CompletionStatus, Operation, UnknownValue,
    regs::{CardFault, CardState},
};
use thiserror::Error;

use crate::TransportError;

/// Why the driver gave up. After any error but `Argument`, `NoContext`, `ContextsFull` and `Cancelled` the card is out
/// of service until [`LoadedCard::recover`](crate::LoadedCard::recover).
#[derive(Debug, Error)]
pub enum CardError {
    #[error("the card is gone from the bus")]
    Gone,
    #[error("no card: its magic number reads {found:#x}")]
    WrongMagic { found: u32 },
    #[error("the card has register map {major}.{minor}, this driver needs {needed}.x")]
    WrongVersion { major: u32, minor: u32, needed: u32 },
    #[error("the card cannot serve this driver: {what}")]
    Capability { what: &'static str },
    #[error("the card holds an undefined value")]
    Undefined(#[from] UnknownValue),
    #[error("the card locked itself: {fault:?}")]
    Locked { fault: CardFault },
    #[error("the card is {found:?} where it should be {needed:?}")]
    WrongState { found: CardState, needed: CardState },
    #[error("nothing from the card in {after:?}, waiting for {what}")]
    Timeout { what: &'static str, after: Duration },
    #[error("{operation:?} of {items} items did not end within {allowed:?}")]
    JobDeadline { operation: Operation, items: usize, allowed: Duration },
    #[error("bad completion: {what}")]
    BadCompletion { what: CompletionFault },
    #[error("{operation:?} refused by the card: {status:?}")]
    Refused { operation: Operation, status: CompletionStatus },
    #[error("{count} completions in a row came without an interrupt")]
    LostInterrupts { count: u32 },
    #[error("{interrupts} interrupts for {completions} completions")]
    InterruptStorm { interrupts: u64, completions: u64 },
    #[error("self test: wrong answer from {operation:?}")]
    SelfTest { operation: Operation },
    #[error("the DMA pool of {bytes} bytes is too small or unaligned")]
    DmaPool { bytes: usize },
    #[error("access at {offset:#x} for {bytes} bytes outside the DMA pool")]
    DmaRange { offset: usize, bytes: usize },
    #[error("the way to the card")]
    Transport(#[source] TransportError),
    #[error("bad argument: {what}")]
    Argument { what: &'static str },
    #[error("the key context is not loaded")]
    NoContext,
    #[error("all {count} key contexts are in use")]
    ContextsFull { count: usize },
    #[error("cancelled after {done} items")]
    Cancelled { done: usize },
    #[error("the card is out of service since an earlier error")]
    OutOfService,
}

/// What is wrong with a completion or with the results that it announced.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum CompletionFault {
    #[error("undefined {0}")]
    Malformed(#[from] UnknownValue),
    #[error("tag {0} is not in flight")]
    UnknownTag(u16),
    #[error("sequence number {found} instead of {expected}")]
    Sequence { expected: u32, found: u32 },
    #[error("{found} items done of {expected}")]
    Items { expected: u32, found: u32 },
    #[error("{found} bytes written instead of {expected}")]
    Bytes { expected: u64, found: u64 },
    #[error("result {item} is not below the modulus")]
    NotReduced { item: usize },
}

impl CardError {
    /// Whether the card is still trusted after this error: it was the caller's, or the caller's wish.
    pub(crate) fn is_callers(&self) -> bool {
        matches!(
            self,
            Self::Argument { .. }
                | Self::NoContext
                | Self::ContextsFull { .. }
                | Self::Cancelled { .. }
                | Self::OutOfService
        )
    }
}

impl From<TransportError> for CardError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Gone => Self::Gone,
            TransportError::DmaRange { offset, bytes, .. } => Self::DmaRange { offset, bytes },
            error => Self::Transport(error),
        }
    }
}

impl From<CompletionFault> for CardError {
    fn from(what: CompletionFault) -> Self {
        Self::BadCompletion { what }
    }
}
