//! Okamoto-Uchiyama: additively homomorphic like Paillier, with ciphertexts half as wide and much cheaper encryption.
//!
//! T. Okamoto, S. Uchiyama, "A new public-key cryptosystem as secure as factoring" (EUROCRYPT 1998): n = p^2 q, g of an order modulo
//! p^2 that p divides, h = g^n; c = g^m h^r modulo n, and m = L(c^(p-1)) / L(g^(p-1)) modulo p, with L(u) = (u - 1) / p modulo p^2.
//!
//! **The hazard.** Whoever can have a ciphertext of some M above p decrypted gets M modulo p back, and the greatest common divisor of
//! M - (M modulo p) and n is p: the private key. A sum or product that overflows is enough, and M can be chosen. So the range of
//! plaintexts is hard: |m| < 2^[`PLAINTEXT_BITS`], far below p, on both sides. Encryption refuses what is outside, and so does
//! decryption, with one error and no value, after the same work. An overflow of honest sums, or an M of one's choice, lands in the
//! range with a probability of 2^(257 - |p|), below 2^-750, unless M differs from a multiple of n by less than the range: then its
//! value was known before.
//!
//! **What remains.** The refusal itself says that M modulo p is not in the range: one bit, which is the expected answer to
//! every M that is not in it already, and finding another takes knowing p. It is visible that a computation overflowed, and
//! which element. A ciphertext is malleable, as with every homomorphic scheme: decrypt for those who may know the plaintext.
//!
//! **Sizes.** Factoring p^2 q is no easier than n of its size for the number field sieve, but the elliptic curve method finds p and
//! q by their own size, and p twice. With the 3072 bits of [`DEFAULT_BITS`] both are 1024 bits, as long as the primes of an RSA-2048 key;
//! 2048 bits would leave 683. So n of 3072 bits here is counted with 2048 bits there (112 bits of strength), 4608 with 3072.

use std::ops::RangeInclusive;

use engine::Numbers;

use crate::Additive;

pub use generate::{DEFAULT_BITS, KEY_BITS, KeyPair, generate, generate_for_comparison};
pub use private::PrivateKey;
pub use public::PublicKey;

mod generate;
mod operate;
mod private;
mod public;

/// Plaintexts are integers of magnitude below 2^256.
pub const PLAINTEXT_BITS: usize = 256;

/// Bits of n that are taken. HEU makes keys a few bits longer than it is asked for.
const BITS_TAKEN: RangeInclusive<usize> = KEY_BITS[0] as usize..=4672;
/// The same for keys that are insecure and say so.
const BITS_COMPARISON: RangeInclusive<usize> = 2048..=4672;

/// What is wrong with an n of another length.
const LENGTHS: &str = "an n of 3072 or 4608 bits is made, and one of 3072 to 4672 is taken";
const PLAINTEXT_LIMBS: usize = PLAINTEXT_BITS / 64;

/// Units modulo n that a [`PublicKey`] accepted or made.
pub struct Ciphertexts(Numbers);

impl Ciphertexts {
    pub fn count(&self) -> usize {
        self.0.count()
    }

    /// Big-endian, each as wide as n.
    pub fn to_be(&self, public: &PublicKey) -> Vec<u8> {
        self.0.to_be(public.ciphertext_bytes())
    }
}
