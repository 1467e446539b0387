//! What is wrong with a key, a plaintext or a ciphertext.

use engine::EngineError;

#[derive(Debug, thiserror::Error)]
pub enum HeError {
    #[error("a key of {bits} bits; 2048, 3072 and 4096 are made (NIST SP 800-57 asks for 112 bits of strength)")]
    KeyBits { bits: u32 },
    #[error("the key: {what}")]
    Key { what: &'static str },
    #[error("plaintext {index} is over a third of the key's modulus")]
    PlaintextRange { index: usize },
    #[error("residue {index} is not below the key's modulus")]
    ResidueRange { index: usize },
    #[error("plaintexts of {bytes} bytes are wider than the key's modulus")]
    PlaintextWidth { bytes: usize },
    #[error("ciphertexts of {bytes} bytes; this key's have {needed}")]
    CiphertextWidth { bytes: usize, needed: usize },
    #[error("ciphertext {index} is none of this key's: it is 0, not below n^2, or shares a factor with n")]
    CiphertextRange { index: usize },
    #[error("ciphertext {index} is none of this key's: it is {what}")]
    NotCiphertext { index: usize, what: &'static str },
    #[error("element {index} is none of the group's: it is not in 2 to p - 2, or not of the order (p - 1) / 2")]
    NotAnElement { index: usize },
    #[error("plaintext {index} is not between -2^{bits} and 2^{bits}, both excluded")]
    PlaintextBits { index: usize, bits: usize },
    #[error("a ciphertext shares a factor with the modulus")]
    NotAUnit,
    #[error(
        "ciphertext {index} decrypts to neither a positive nor a negative number in range: a sum or product overflowed"
    )]
    Overflow { index: usize },
    #[error("rows of {bytes} bytes over; each {what} has {needed}")]
    ElementWidth { what: &'static str, bytes: usize, needed: usize },
    #[error("{what} {index} is out of range")]
    ElementRange { what: &'static str, index: usize },
    #[error("number {index} is not finite")]
    NotFinite { index: usize },
    #[error("number {index} does not fit into its encoding")]
    EncodingRange { index: usize },
    #[error("number {index} decodes to more than its type holds")]
    DecodingRange { index: usize },
    #[error("message {index} is longer than {most} bytes")]
    MessageLength { index: usize, most: usize },
    #[error("ciphertext {index} does not decrypt")]
    Decryption { index: usize },
    #[error("signature {index} is not valid")]
    Signature { index: usize },
    #[error("a private operation went wrong on element {index}: nothing of its batch is given out")]
    Fault { index: usize },
    #[error("{what}")]
    Shape { what: &'static str },
    #[error("no randomness from the kernel")]
    Randomness(#[source] getrandom::Error),
    #[error("the arithmetic engine")]
    Engine(#[from] EngineError),
}
