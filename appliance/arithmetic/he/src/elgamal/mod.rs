//! Exponential ElGamal on ristretto255: additively homomorphic, with ciphertexts of 64 bytes, for plaintexts small enough to search
//! for.
//!
//! R. Cramer, R. Gennaro, B. Schoenmakers, "A secure and optimally efficient multi-authority election scheme" (EUROCRYPT 1997), on
//! the prime-order group of RFC 9496: a ciphertext of m is (r B, m B + r H), H = x B. Decryption finds m B = C2 - x C1, and m by
//! baby-step giant-step ([`DiscreteLogarithms`]), within the range that its caller states.

pub use ciphertexts::Ciphertexts;
pub use discrete_logarithms::{DiscreteLogarithms, RANGE_BITS, TABLE_BITS};
pub use keys::{PrivateKey, PublicKey};

mod ciphertexts;
mod discrete_logarithms;
mod keys;
mod operate;
