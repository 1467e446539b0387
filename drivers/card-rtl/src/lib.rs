//! The card's RTL, compiled by Verilator, as a simulated card: register accesses become AXI4-Lite, the design's two AXI4
//! masters reach the host's memory, as far as its IOMMU mapped it, and a memory of the card's own in this process.
//!
//! [`in_process`] makes it a transport in a test's own process, the program `card-rtl` serves it over vfio-user.

// The design is C++; all of the unsafe code is in `design`.
#![allow(unsafe_code)]

use std::io;

use card_function::InProcess;

pub use card::{PARAMETERS, RtlCard};
pub use fault::{FaultMode, FaultPlan};

mod axi;
mod card;
mod design;
mod fault;
mod lite;
mod memories;

/// A card that works, or misbehaves as planned, with a DMA pool of `pool_bytes`.
pub fn in_process(pool_bytes: usize, faults: FaultPlan, seed: i32) -> io::Result<InProcess<RtlCard>> {
    InProcess::new(pool_bytes, |board| RtlCard::new(board, faults, seed))
}
