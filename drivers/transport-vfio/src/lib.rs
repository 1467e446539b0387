//! PCI functions behind VFIO: registers, DMA memory, interrupts. [`Function`] is any of them, [`VfioTransport`] is the card.
//!
//! [`VfioTransport::open`] runs in the process that uses the card, without privilege: the function is bound to vfio-pci
//! and `/dev/vfio/vfio` and `/dev/vfio/GROUP` are its own. [`bind`] is for the process that prepares this.

// DMA memory and eventfds are raw by nature. This is the only crate of the driver that may; see SAFETY at each block.
#![allow(unsafe_code)]

pub use bdf::{AddressError, Bdf};
pub use card::wait_eventfd;
pub use dma::DmaPool;
pub use error::VfioError;
pub use function::{Function, Interrupts};
pub use region::Region;
pub use transport::{DEFAULT_POOL, VfioTransport};

pub mod bind;

mod bdf;
mod dma;
mod error;
mod function;
mod region;
mod transport;
