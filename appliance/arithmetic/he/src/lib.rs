//! Homomorphic encryption: Paillier with g = n + 1 and the short obfuscators of Damgård, Jurik and Nielsen.
//!
//! P. Paillier, "Public-key cryptosystems based on composite degree residuosity classes" (EUROCRYPT 1999);
//! I. Damgård, M. Jurik, J. B. Nielsen, "A generalization of Paillier's public-key system with applications to
//! electronic voting" (International Journal of Information Security, 2010), section 4.2: c = (1 + m n) * hs^r modulo n^2,
//! with hs = (-x^2)^n for a random x and r of half of n's bits. That is for keys that were made here; under anybody
//! else's n obfuscators are Paillier's own r^n.
//!
//! Plaintexts are signed integers of magnitude at most n / 3; what a computation carries out of that range is found on
//! decryption unless it wraps all the way round. Results of operations on ciphertexts are not obfuscated anew: they tell
//! whoever knows the operands what was done to them.

#![forbid(unsafe_code)]

pub use additive::Additive;
pub use ciphertexts::Ciphertexts;
pub use error::HeError;
pub use generate::{KEY_BITS, KeyPair, generate, generate_for_comparison};
pub use obfuscator::check_obfuscator;
pub use obfuscators::Obfuscators;
pub use private::PrivateKey;
pub use public::PublicKey;

mod additive;
mod batch;
mod ciphertexts;
mod decrypt;
pub mod diffie_hellman;
pub mod elgamal;
pub mod encoding;
mod encrypt;
mod error;
mod factors;
#[cfg(fuzzing)]
pub mod fuzzing;
mod garner;
mod generate;
mod hash_to_residues;
mod jacobi;
mod obfuscator;
mod obfuscators;
pub mod okamoto_uchiyama;
mod operate;
mod operators;
mod own_key;
pub mod packing;
mod plaintext;
pub mod primes;
mod private;
mod public;
mod residues;
pub mod rsa;
