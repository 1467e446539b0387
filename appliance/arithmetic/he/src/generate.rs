//! Making a key pair.

use crypto_bigint::{BoxedUint, ConcatenatingMul, Gcd};
use engine::{Modulus, invert, write_be};
use secrets::Secret;
use zeroize::{Zeroize, Zeroizing};

use crate::HeError;
use crate::batch::random_below;
use crate::factors::far_apart;
use crate::primes::random_prime;

/// Sizes of n that are made.
pub const KEY_BITS: [u32; 3] = [2048, 3072, 4096];

/// A key pair as it is stored; big-endian numbers.
pub struct KeyPair {
    pub n: Vec<u8>,
    pub hs: Vec<u8>,
    pub p: Secret,
    pub q: Secret,
}

/// A new key pair. Takes seconds.
pub fn generate(bits: u32) -> Result<KeyPair, HeError> {
    if !KEY_BITS.contains(&bits) {
        return Err(HeError::KeyBits { bits });
    }
    key_pair(bits)
}

/// A key pair that may be too short to be secure, a multiple of 128 bits from 512 to 4096: to compare with programs that
/// use such.
pub fn generate_for_comparison(bits: u32) -> Result<KeyPair, HeError> {
    if !(512..=4096).contains(&bits) || !bits.is_multiple_of(128) {
        return Err(HeError::KeyBits { bits });
    }
    key_pair(bits)
}

/// Both primes by the method of FIPS 186-5, as RSA's: every candidate is drawn anew, so that no prime is likelier than another, and
/// none that was rejected stays in memory.
fn key_pair(bits: u32) -> Result<KeyPair, HeError> {
    let p = random_prime(bits / 2, is_blum)?;
    let q = loop {
        let q = random_prime(bits / 2, is_blum)?;
        // secret: whether two primes make a key: those that do not are forgotten.
        if far_apart(&p, &q) && independent(&p, &q) {
            break q;
        }
    };
    let n = p.concatenating_mul(&*q);
    let hs = obfuscator_base(&n)?;
    let secret = |x: &BoxedUint| {
        let mut bytes = x.to_be_bytes();
        let secret = Secret::copy_of(&bytes);
        bytes.zeroize();
        secret
    };
    Ok(KeyPair { n: n.to_be_bytes().to_vec(), hs, p: secret(&p), q: secret(&q) })
}

/// 3 modulo 4: then -1 is no square modulo the prime, and -x^2 generates what Damgård, Jurik and Nielsen need.
fn is_blum(p: &BoxedUint) -> bool {
    p.as_words()[0] & 3 == 3
}

/// gcd(p - 1, q - 1) = 2.
fn independent(p: &BoxedUint, q: &BoxedUint) -> bool {
    let one = BoxedUint::one_with_precision(p.bits_precision());
    let (p_less, q_less) = (Zeroizing::new(p.wrapping_sub(&one)), Zeroizing::new(q.wrapping_sub(&one)));
    // secret, with what it calls: the steps of one greatest common divisor, once in a key's life, of what nobody sees: crypto-bigint's has branches.
    p_less.gcd(&*q_less) == one.shl(1)
}

/// hs = (-x^2)^n modulo n^2 for a random x that is a unit.
fn obfuscator_base(n: &BoxedUint) -> Result<Vec<u8>, HeError> {
    let modulus = Modulus::new(n.as_words())?;
    let x = loop {
        let x = random_below(&modulus, 1)?;
        // secret, with what it calls: whether x is a unit; by steps that depend on it, but it is forgotten, and hs tells as much of it.
        if invert(&modulus, x.item(0)).is_ok() {
            break x;
        }
    };
    let mut square = Zeroizing::new(vec![0; modulus.limbs()]);
    modulus.mul(x.item(0), x.item(0), &mut square);
    let n_squared = Modulus::square_of(modulus.n())?;
    let mut h = Zeroizing::new(vec![0; n_squared.limbs()]);
    h[..modulus.limbs()].copy_from_slice(modulus.n());
    modulus.sub(&mut h[..modulus.limbs()], &square);
    let mut hs = vec![0; n_squared.limbs()];
    n_squared.pow(&h, modulus.n(), &mut hs);
    let mut bytes = vec![0; hs.len() * 8];
    write_be(&hs, &mut bytes);
    Ok(bytes)
}
