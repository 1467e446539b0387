//! A functional model of the card: its registers, rings, key contexts and arithmetic, and faults on demand.
//!
//! In a test's own process it is [`InProcess`], a transport. The program `card-model` serves it over vfio-user, so that
//! an emulator shows it to a guest as a PCI function. It is a test double: it trusts who connects to it, and its time
//! depends on the data.

// Mapping the memory that a vfio-user client hands over takes raw pointers; all of it is in `windows`.
#![allow(unsafe_code)]

pub use fault::{FaultMode, FaultPlan};
pub use in_process::InProcess;
pub use server::{ServeError, serve};

mod card;
mod config_space;
mod context;
mod division;
mod fault;
mod in_process;
mod jobs;
mod memory;
mod montgomery;
mod registers;
mod server;
mod windows;
