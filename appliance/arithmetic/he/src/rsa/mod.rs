//! RSA: encryption (RSAES-OAEP), signatures (RSASSA-PSS), the raw operation and blind signatures, in batches.
//!
//! RFC 8017, "PKCS #1: RSA Cryptography Specifications Version 2.2", with SHA-256 everywhere; FIPS 186-5, appendix A.1, for
//! keys; RFC 9474, "RSA Blind Signatures", for blinding. Numbers and byte strings go in and out as matrices: one row an
//! element, big-endian, each as wide as n. What is wrong with one element is said with its index, and none of the others
//! leaves then.

pub use blind::BlindingFactors;
pub use generate::{KeyPair, generate};
pub use private::PrivateKey;
pub use public::PublicKey;

mod blind;
mod exponent;
mod generate;
pub(crate) mod mask;
pub(crate) mod oaep;
mod private;
pub(crate) mod pss;
mod public;

/// The public exponent of the keys that are made here.
pub const PUBLIC_EXPONENT: u64 = 65537;
