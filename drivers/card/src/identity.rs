//! What a card says it is, and whether the driver can use it.

use card_csr::{
    MAX_LIMBS, Operation, Register,
    regs::{self, CardKind},
    table_bytes,
};

use crate::{error::CardError, health::check_presence, layout::RING_LOG2, registers, transport::Transport};

/// What a card says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub kind: CardKind,
    pub map_version: (u32, u32),
    /// First bits of the commit it was built from; 0 where unknown.
    pub build: u32,
    pub max_bits: usize,
    pub engines: usize,
    pub contexts: usize,
    /// Items in one descriptor.
    pub max_items: usize,
    pub max_exponent_bits: usize,
    /// Bits of a digit of the multiplier operand, from which the Montgomery radix follows, and of the multiplicand.
    pub multiplier_digit: u32,
    pub multiplicand_digit: u32,
    /// Items that one engine works on at a time.
    pub slots: usize,
    /// Digit multipliers of one engine; 0 where there are none to count.
    pub multipliers: usize,
    /// The card's memory for the table, and for the vector, of one context.
    pub table_bytes: usize,
    pub vector_bytes: usize,
    /// Clock cycles after which zeroizing gives up a memory that owes answers.
    pub bus_patience: u64,
}

impl Identity {
    /// Whether moduli, fixed-base exponents (0: none) and a vector of this size fit.
    pub fn takes(&self, modulus_bits: usize, exponent_bits: usize, vector_items: usize) -> bool {
        let limbs = modulus_bits.div_ceil(64);
        modulus_bits <= self.max_bits
            && exponent_bits <= self.max_exponent_bits
            && table_bytes(exponent_bits, limbs) <= self.table_bytes
            && vector_items.saturating_mul(limbs * 8) <= self.vector_bytes
    }
}

/// Reads it; refuses a card that the driver does not know.
pub(crate) fn identify(transport: &mut impl Transport) -> Result<Identity, CardError> {
    check_presence(transport)?;
    let version: regs::MapVersion = registers::read(transport)?;
    let (major, minor, needed) = (version.major(), version.minor(), regs::MapVersion::RESET.major());
    if major != needed {
        return Err(CardError::WrongVersion { major, minor, needed });
    }
    let capabilities: regs::Capabilities = registers::read(transport)?;
    let operations: regs::Operations = registers::read(transport)?;
    let limits: regs::Limits = registers::read(transport)?;
    let arithmetic: regs::Arithmetic = registers::read(transport)?;
    let memory: regs::CardMemory = registers::read(transport)?;
    let multipliers: regs::Multipliers = registers::read(transport)?;
    let patience: regs::BusPatience = registers::read(transport)?;
    let needs = [
        (capabilities.max_ring_log2() >= RING_LOG2, "its rings are too small"),
        (Operation::ALL.iter().all(|op| operations.operations() & op.bit() != 0), "an operation is missing"),
        (operations.contexts() > 0, "it has no key contexts"),
        (limits.max_items() > 0, "it takes no items"),
        (capabilities.max_bits() >= 1024, "its moduli are too narrow"),
        (capabilities.max_bits() as usize <= 64 * MAX_LIMBS, "its moduli are wider than a descriptor can say"),
        (limits.max_exponent_bits() >= 64, "its fixed-base exponents are too short"),
        ((8..=64).contains(&arithmetic.multiplier_digit()), "its digits are none that a multiplier has"),
        (memory.table_log2() < 48 && memory.vector_log2() < 48, "its memory is larger than any"),
        (patience.log2() <= 30, "its resets wait longer for its buses than a host can"),
    ];
    if let Some((_, what)) = needs.into_iter().find(|(holds, _)| !holds) {
        return Err(CardError::Capability { what });
    }
    Ok(Identity {
        kind: registers::read::<regs::Kind>(transport)?.kind()?,
        map_version: (major, minor),
        build: registers::read::<regs::Build>(transport)?.hash(),
        max_bits: capabilities.max_bits() as usize,
        engines: capabilities.engines() as usize,
        contexts: operations.contexts() as usize,
        max_items: limits.max_items() as usize,
        max_exponent_bits: limits.max_exponent_bits() as usize,
        multiplier_digit: arithmetic.multiplier_digit(),
        multiplicand_digit: arithmetic.multiplicand_digit(),
        slots: arithmetic.slots() as usize,
        multipliers: multipliers.count() as usize,
        table_bytes: 1 << memory.table_log2(),
        vector_bytes: 1 << memory.vector_log2(),
        bus_patience: 1 << patience.log2(),
    })
}
