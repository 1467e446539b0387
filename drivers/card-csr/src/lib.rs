//! The card's interface to the host, as data: registers (generated), job descriptors and completions.

#![forbid(unsafe_code)]

pub use completion::{Completion, CompletionStatus};
pub use descriptor::{Descriptor, Operation};
pub use generated::card as regs;
pub use register::{Readable, Register, UnknownValue, Writable};

mod completion;
mod descriptor;
mod generated;
mod register;

/// PCI vendor: the open-source vendor id of pid.codes.
pub const PCI_VENDOR: u16 = 0x1209;
/// PCI device id of the card.
pub const PCI_DEVICE: u16 = 0xC0FE;
/// PCI class code, base and sub-class: processing accelerator.
pub const PCI_CLASS: u16 = 0x1200;

/// Window of the fixed-base tables, in bits.
pub const FIXED_BASE_WINDOW: u32 = 8;
