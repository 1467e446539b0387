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

/// Widest modulus and longest exponent, in 64-bit limbs, that a descriptor can speak of.
pub const MAX_LIMBS: usize = 96;

/// The index that stands for the factor 1 in an index list.
pub const NO_ITEM: u32 = u32::MAX;

/// Bits of the Montgomery radix R = 2^bits that a card with this digit uses for moduli of so many limbs. 2N is below
/// R / 2, so that values below 2N stay below it.
pub const fn radix_bits(multiplier_digit: u32, limbs: u32) -> u32 {
    multiplier_digit * (64 * limbs + 2).div_ceil(multiplier_digit)
}

/// Bytes of a context's fixed-base table in the card's memory.
pub const fn table_bytes(exponent_bits: usize, limbs: usize) -> usize {
    exponent_bits.div_ceil(FIXED_BASE_WINDOW as usize) * (1 << FIXED_BASE_WINDOW) * limbs * 8
}
