//! The card as a PCI function behind VFIO: registers, DMA memory, interrupts.
//!
//! [`VfioTransport::open`] runs in the process that uses the card, without privilege: the function is bound to vfio-pci
//! and `/dev/vfio/vfio` and `/dev/vfio/GROUP` are its own. [`bind`] is for the process that prepares this.

// DMA memory and eventfds are raw by nature. This is the only crate of the driver that may; see SAFETY at each block.
#![allow(unsafe_code)]

pub use bind::Bdf;
pub use error::VfioError;
pub use transport::{DEFAULT_POOL, VfioTransport};

pub mod bind;

mod dma;
mod error;
mod region;
mod transport;
