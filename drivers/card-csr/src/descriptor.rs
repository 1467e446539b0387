//! Job descriptors: 64 bytes, eight little-endian 64-bit words, written by the host into the submission ring.

use crate::UnknownValue;

/// What a job does. The codes are also bit numbers in OPERATIONS.operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Operation {
    /// Fills the context: at `source` the modulus N and R^2 mod N (see [`radix_bits`](crate::radix_bits)), each `limbs` wide;
    /// with `exponent_bits` > 0 a base at `aux`, whose table the card builds.
    LoadContext = 1,
    /// Zeroizes the context, its table and its vector.
    UnloadContext = 2,
    /// items: destination = source ^ exponent mod N, one exponent of `exponent_limbs` at `aux` for all items.
    Modexp = 3,
    /// items: destination = base ^ source mod N with the context's table; each exponent has `exponent_limbs`.
    FixedBase = 4,
    /// items: destination = source * aux mod N.
    Modmul = 5,
    /// Puts items into the context's vector; `destination` is the index of the first, at most the number loaded so far.
    /// Nothing is written to the host: its completion reports 0 bytes.
    LoadVector = 6,
    /// items: destination = the product modulo N of the vector's items at the indices of one list. A list has
    /// `exponent_limbs` words of two 32-bit indices, the first in the low half; [`NO_ITEM`](crate::NO_ITEM) is the factor 1.
    MultiplyAccumulate = 7,
}

impl Operation {
    pub const ALL: [Self; 7] = [
        Self::LoadContext,
        Self::UnloadContext,
        Self::Modexp,
        Self::FixedBase,
        Self::Modmul,
        Self::LoadVector,
        Self::MultiplyAccumulate,
    ];

    /// The set of these operations, as OPERATIONS.operations shows it.
    pub const fn bit(self) -> u32 {
        1 << self as u8
    }
}

impl TryFrom<u8> for Operation {
    type Error = UnknownValue;

    fn try_from(code: u8) -> Result<Self, UnknownValue> {
        Self::ALL
            .into_iter()
            .find(|op| *op as u8 == code)
            .ok_or(UnknownValue { field: "operation", value: code.into() })
    }
}

/// One job. Operands are arrays of items without gaps, each item `limbs` 64-bit limbs, least significant first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    pub operation: Operation,
    /// None is defined; the card refuses a descriptor with any set.
    pub flags: u8,
    /// Returned in the completion; the host keeps tags of jobs in flight distinct.
    pub tag: u16,
    pub context: u16,
    pub items: u16,
    /// Width of an item: the width of the context's modulus.
    pub limbs: u16,
    /// Width of an exponent, or words of an index list.
    pub exponent_limbs: u16,
    /// LoadContext: longest exponent that the table serves; 0 for a context without a table.
    pub exponent_bits: u16,
    pub source: u64,
    pub aux: u64,
    /// An address, but for LoadVector.
    pub destination: u64,
}

impl Descriptor {
    pub const BYTES: usize = 64;
    pub const WORDS: usize = Self::BYTES / 8;

    pub fn to_words(&self) -> [u64; Self::WORDS] {
        let low = u64::from(self.operation as u8)
            | u64::from(self.flags) << 8
            | u64::from(self.tag) << 16
            | u64::from(self.context) << 32
            | u64::from(self.items) << 48;
        let widths = u64::from(self.limbs) | u64::from(self.exponent_limbs) << 16 | u64::from(self.exponent_bits) << 32;
        [low, widths, self.source, self.aux, self.destination, 0, 0, 0]
    }

    /// Fails on an unknown operation; reserved bits and words must be zero, so that they can get a meaning later.
    pub fn from_words(words: &[u64; Self::WORDS]) -> Result<Self, UnknownValue> {
        let [low, widths, source, aux, destination, reserved @ ..] = *words;
        if widths >> 48 != 0 || reserved != [0; 3] {
            return Err(UnknownValue { field: "reserved", value: 1 });
        }
        let flags = (low >> 8) as u8;
        if flags != 0 {
            return Err(UnknownValue { field: "flags", value: flags.into() });
        }
        Ok(Self {
            operation: Operation::try_from(low as u8)?,
            flags,
            tag: (low >> 16) as u16,
            context: (low >> 32) as u16,
            items: (low >> 48) as u16,
            limbs: widths as u16,
            exponent_limbs: (widths >> 16) as u16,
            exponent_bits: (widths >> 32) as u16,
            source,
            aux,
            destination,
        })
    }
}
