//! Making a key pair.

use crypto_bigint::{BoxedUint, ConcatenatingMul};
use engine::Modulus;
use secrets::Secret;
use zeroize::{Zeroize, Zeroizing};

use super::LENGTHS;
use crate::HeError;
use crate::batch::{bytes_of, is_one, less_one, power_of, random_below};
use crate::primes::random_prime;

/// Bits of n that are made unless others are asked for.
pub const DEFAULT_BITS: u32 = 3072;
/// Sizes of n that are made: three times the size of a prime.
pub const KEY_BITS: [u32; 2] = [3072, 4608];

/// A key pair as it is stored; big-endian numbers.
pub struct KeyPair {
    pub n: Vec<u8>,
    pub g: Vec<u8>,
    pub p: Secret,
    pub q: Secret,
}

/// A new key pair. Takes seconds.
pub fn generate(bits: u32) -> Result<KeyPair, HeError> {
    if !KEY_BITS.contains(&bits) {
        return Err(HeError::Key { what: LENGTHS });
    }
    key_pair(bits)
}

/// A key pair that may be too short to be secure, from 2048 bits on: to compare with programs that use such.
pub fn generate_for_comparison(bits: u32) -> Result<KeyPair, HeError> {
    if !(2048..=KEY_BITS[1]).contains(&bits) {
        return Err(HeError::Key { what: LENGTHS });
    }
    key_pair(bits)
}

fn key_pair(bits: u32) -> Result<KeyPair, HeError> {
    let p_bits = bits.div_ceil(3);
    let p = random_prime(p_bits, |_| true)?;
    let p_squared = Zeroizing::new(p.concatenating_mul(&*p));
    // Three primes with their two highest bits set may leave n one bit short.
    let q = random_prime(bits - 2 * p_bits, |q| *q != *p && p_squared.concatenating_mul(q).bit_width() == bits)?;
    let n = p_squared.concatenating_mul(&*q);
    let modulus = Modulus::new(n.as_words())?;
    let square = Modulus::new(p_squared.as_words())?;
    let prime = Modulus::new(p.as_words())?;
    // g^(p-1) is not 1 modulo p^2 for all but one in p.
    let g = loop {
        let g = random_below(&modulus, 1)?;
        if !is_one(&power_of(&square, g.item(0), &less_one(&prime))) {
            break g;
        }
    };
    let secret = |x: &BoxedUint| {
        let mut bytes = x.to_be_bytes();
        let secret = Secret::copy_of(&bytes);
        bytes.zeroize();
        secret
    };
    Ok(KeyPair { n: n.to_be_bytes().to_vec(), g: g.to_be(bytes_of(&modulus)), p: secret(&p), q: secret(&q) })
}
