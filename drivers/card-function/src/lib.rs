//! The PCI function that a simulated card shows, whatever simulates it: [`serve`] gives it to an emulator over vfio-user,
//! [`InProcess`] to a driver in the same process.
//!
//! A simulation is a [`Device`]. It reaches what surrounds it, memory that the host mapped and the interrupt line, through
//! its [`Board`]. All of it is a test double: it trusts who connects to it.

// Mapping the memory that a vfio-user client hands over takes raw pointers; all of it is in `windows`.
#![allow(unsafe_code)]

pub use in_process::InProcess;
pub use memory::{DmaFault, Memory};
pub use server::{ServeError, serve};

mod config_space;
mod in_process;
mod memory;
mod server;
mod windows;

/// A simulated card, as the host's accesses to BAR0 find it.
pub trait Device: Send {
    /// The 32-bit register at `offset`, a multiple of 4 below 4096.
    fn read(&self, offset: u32) -> u32;
    fn write(&self, offset: u32, value: u32);
}

/// What surrounds a card.
pub trait Board: Send + Sync {
    fn memory(&self) -> &dyn Memory;
    /// MSI-X vector 0.
    fn interrupt(&self);
    /// The card vanishes: nothing answers any more.
    fn die(&self);
}
