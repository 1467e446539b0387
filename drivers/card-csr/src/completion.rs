//! Completions: 32 bytes, four little-endian 64-bit words, written by the card into the completion ring.

use crate::UnknownValue;

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CompletionStatus {
    Ok = 0,
    /// The descriptor itself: operation, flags or reserved words.
    BadDescriptor = 1,
    /// No such context, or not loaded, or without the table or vector that the operation needs.
    BadContext = 2,
    /// Widths or item count that do not fit the context, the card's limits or its memory.
    BadLength = 3,
    /// An operand not below the modulus, an even modulus, an exponent longer than the table, an index out of range.
    BadOperand = 4,
    /// An address outside what the host mapped; the card is locked.
    DmaFault = 5,
}

impl CompletionStatus {
    pub const ALL: [Self; 6] =
        [Self::Ok, Self::BadDescriptor, Self::BadContext, Self::BadLength, Self::BadOperand, Self::DmaFault];
}

impl TryFrom<u8> for CompletionStatus {
    type Error = UnknownValue;

    fn try_from(code: u8) -> Result<Self, UnknownValue> {
        Self::ALL
            .into_iter()
            .find(|status| *status as u8 == code)
            .ok_or(UnknownValue { field: "completion status", value: code.into() })
    }
}

/// The end of one job. The card writes the first word last: it holds the phase bit that makes the rest valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    pub tag: u16,
    pub status: CompletionStatus,
    /// 1 in the first pass over the ring, 0 in the second, and so on: tells a new completion from an old one.
    pub phase: bool,
    /// Completions since enable, counting from 0.
    pub sequence: u32,
    pub items_done: u32,
    /// Bytes written to the host's memory at the job's destination.
    pub bytes_written: u64,
}

impl Completion {
    pub const BYTES: usize = 32;
    pub const WORDS: usize = Self::BYTES / 8;

    pub fn to_words(&self) -> [u64; Self::WORDS] {
        let low = u64::from(self.tag)
            | u64::from(self.status as u8) << 16
            | u64::from(self.phase) << 24
            | u64::from(self.sequence) << 32;
        [low, u64::from(self.items_done), self.bytes_written, 0]
    }

    /// The phase bit of a completion's first word.
    pub const fn phase_of(first_word: u64) -> bool {
        first_word >> 24 & 1 != 0
    }

    pub fn from_words(words: &[u64; Self::WORDS]) -> Result<Self, UnknownValue> {
        let [low, items, bytes_written, last] = *words;
        if low >> 25 & 0x7f != 0 || items >> 32 != 0 || last != 0 {
            return Err(UnknownValue { field: "reserved", value: 1 });
        }
        Ok(Self {
            tag: low as u16,
            status: CompletionStatus::try_from((low >> 16) as u8)?,
            phase: Self::phase_of(low),
            sequence: (low >> 32) as u32,
            items_done: items as u32,
            bytes_written,
        })
    }
}
