//! Driver of the modular exponentiation card, over any [`Transport`].
//!
//! [`Card::probe`] identifies a card, resets and tests it, and gives a [`LoadedCard`], the only thing that takes work.
//! The driver believes nothing that the card says: every wait has a bound, every completion is checked against the
//! job it claims to end, and results come as [`Unverified`] until the caller's own check has accepted them.
//!
//! A card with [`Cards`] beside it shares a batch with them; one that fails is left out until it has recovered.
//!
//! Operands are flat slices of 64-bit limbs, least significant limb first, items one after another.

#![forbid(unsafe_code)]

pub use card_csr::regs::{CardFault, CardKind, CardState};
pub use card_csr::{CompletionStatus, NO_ITEM, Operation};
pub use cards::{BatchResults, Cards, CardsError, Failure};
pub use counters::{Counters, ReportedCounters};
pub use error::{CardError, CompletionFault};
pub use identity::Identity;
pub use loaded::{ContextId, LoadedCard};
pub use part::{Check, Control, Trouble};
pub use probe::Card;
pub use task::{Key, Task};
pub use transport::{Transport, TransportError, wait_eventfd};
pub use unverified::Unverified;

mod batch;
mod cards;
mod counters;
mod error;
mod health;
mod host_counters;
mod identity;
mod kept;
mod key_contexts;
mod layout;
mod limbs;
mod loaded;
mod operations;
mod part;
mod patience;
mod probe;
mod radix;
mod recover;
mod registers;
mod rings;
mod self_test;
mod start;
mod task;
mod transport;
mod unverified;
mod wait;
