//! A functional model of the card: its registers, rings, key contexts and arithmetic, and faults on demand.
//!
//! [`in_process`] makes it a transport in a test's own process. The program `card-model` serves it over vfio-user, so that
//! an emulator shows it to a guest as a PCI function. It is a test double: its time depends on the data, and the counters
//! of cycles, which it has none of, stay zero.

#![forbid(unsafe_code)]

use std::io;

use card_function::InProcess;

pub use card::ModelCard;
pub use fault::{FaultMode, FaultPlan};

mod card;
mod context;
mod division;
mod fault;
mod interrupts;
mod jobs;
mod limbs;
mod montgomery;
mod registers;
mod shared;
mod worker;

/// A card that works, or misbehaves as planned, with a DMA pool of `pool_bytes`.
pub fn in_process(pool_bytes: usize, faults: FaultPlan) -> io::Result<InProcess<ModelCard>> {
    InProcess::new(pool_bytes, |board| ModelCard::new(board, faults))
}
