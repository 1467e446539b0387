//! What is wrong with a request.

use crate::limits;

/// Why a header, or what comes with it, is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RequestError {
    #[error("{field} has {found} bytes; at most {max} are taken")]
    TooLong { field: &'static str, found: usize, max: usize },
    #[error("{field} has {found} entries; at most {max} are taken")]
    TooMany { field: &'static str, found: usize, max: usize },
    #[error("header version {found}; this box speaks version {}", proto::JOB_VERSION)]
    Version { found: u32 },
    #[error("the header names no operation that this box knows")]
    Operation,
    #[error("{rows} x {columns} items; 1 to {} are taken", limits::ELEMENTS_MAX)]
    Shape { rows: u64, columns: u64 },
    #[error("a row of {columns} items; at most {} are taken", limits::HELD_MAX)]
    Row { columns: u64 },
    #[error("{items} sums; at most {} are added up in one job", limits::HELD_MAX)]
    Sums { items: u64 },
    #[error("{found} plaintext factors where the shape needs {needed}")]
    Plaintexts { found: u64, needed: String },
    #[error("{count} plaintext factors of {width} bytes; at most {} bytes are taken", limits::FACTOR_BYTES_MAX)]
    PlaintextBytes { count: u64, width: usize },
    #[error("{found} plaintext factors in the header; more than {} travel as chunks", limits::WEIGHTS_MAX)]
    PlaintextsInHeader { found: usize },
    #[error("plaintext chunks where none belong: before the operand, and only without plaintexts in the header")]
    PlaintextChunk,
    #[error("plaintexts of {bytes} bytes; 1 to {max} are taken")]
    PlaintextWidth { bytes: usize, max: usize },
    #[error("the side of the plaintext matrix is neither right nor left")]
    Side,
    #[error("the padding is neither OAEP nor none")]
    Padding,
    #[error("the operation {operation} and a key of the kind {kind} do not fit together")]
    KeyKind { operation: &'static str, kind: &'static str },
    #[error("residues are Paillier's alone; a key of the kind {kind} takes and gives signed integers")]
    Residues { kind: &'static str },
    #[error("the packing: {what}")]
    Packing { what: String },
    #[error("a packed row of {ciphertexts} ciphertexts; at most {} are taken", limits::PACKED_ROW)]
    PackedRow { ciphertexts: usize },
    #[error("rows of {found} ciphertexts, where their numbers take {needed}")]
    PackedColumns { found: u32, needed: usize },
    #[error("number {column} of row {row} is not between -2^{bits} and 2^{bits}, both excluded")]
    PackedNumber { row: usize, column: usize, bits: u32 },
    #[error("number {column} of row {row} has outgrown its slot: more was added up than was stated")]
    Slot { row: usize, column: usize },
    #[error("the modulus is even")]
    EvenModulus,
    #[error("a modulus of {bits} bits is insecure; 2048 to 8192 are taken")]
    ModulusBits { bits: usize },
    #[error("{found} exponents where one, or one for each of the {items} items, is needed")]
    Exponents { found: usize, items: u64 },
    #[error("exponent {index} is wider than the modulus")]
    ExponentWidth { index: usize },
    #[error("{bytes} bytes of operand; at most {} are taken", limits::INPUT_MAX)]
    Input { bytes: u64 },
    #[error("{found} bytes of operand where the shape needs {needed}")]
    Length { found: u64, needed: u64 },
    #[error("the first message is no header")]
    NoHeader,
    #[error("a second header")]
    SecondHeader,
    #[error("element {index} is not below the modulus")]
    Element { index: usize },
    #[error("a row of {bytes} bytes is too long for an interactive batch; submit it as a job")]
    LongRow { bytes: u64 },
    #[error("blinding factors need a handle to stay under: submit it as a job")]
    NeedsHandle,
}
