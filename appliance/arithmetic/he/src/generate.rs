//! Making a key pair.

use crypto_bigint::{BoxedUint, ConcatenatingMul, Gcd, NonZero, Odd};
use crypto_primes::hazmat::{SetBits, SmallFactorsSieve, random_odd_integer};
use crypto_primes::{Flavor, is_prime};
use rand_core::UnwrapErr;
use secrets::Secret;
use zeroize::{Zeroize, Zeroizing};

use crate::HeError;

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

fn key_pair(bits: u32) -> Result<KeyPair, HeError> {
    // The kernel's generator, once seeded, does not fail; a process that gets no randomness must not go on.
    let mut rng = UnwrapErr(getrandom::SysRng);
    let p = Zeroizing::new(blum_prime(&mut rng, bits / 2));
    let q = loop {
        let q = Zeroizing::new(blum_prime(&mut rng, bits / 2));
        if independent(&p, &q) {
            break q;
        }
    };
    let n = p.concatenating_mul(&*q);
    let hs = obfuscator_base(&mut rng, &n)?;
    let secret = |x: &BoxedUint| {
        let mut bytes = x.to_be_bytes();
        let secret = Secret::copy_of(&bytes);
        bytes.zeroize();
        secret
    };
    Ok(KeyPair { n: n.to_be_bytes().to_vec(), hs, p: secret(&p), q: secret(&q) })
}

/// A prime of exactly `bits` bits, its two highest set, that is 3 modulo 4: then -1 is no square modulo it, and -x^2
/// generates what Damgård, Jurik and Nielsen need.
fn blum_prime(rng: &mut UnwrapErr<getrandom::SysRng>, bits: u32) -> BoxedUint {
    let bits = std::num::NonZeroU32::new(bits).unwrap_or(std::num::NonZeroU32::MIN);
    loop {
        let Ok(start) = random_odd_integer::<BoxedUint, _>(rng, bits, SetBits::TwoMsb) else { continue };
        let Ok(sieve) = SmallFactorsSieve::new(start.get(), bits, false) else { continue };
        let found = sieve.filter(|x| x.as_words()[0] & 3 == 3).find(|x| is_prime(Flavor::Any, x));
        if let Some(prime) = found {
            return prime;
        }
    }
}

/// gcd(p - 1, q - 1) = 2, and p and q differ in their first 100 bits (FIPS 186-5, A.1.3), so that they are not close.
fn independent(p: &BoxedUint, q: &BoxedUint) -> bool {
    let one = BoxedUint::one_with_precision(p.bits_precision());
    let two = one.shl(1);
    let gcd = p.wrapping_sub(&one).gcd(&q.wrapping_sub(&one));
    let top = p.bits_precision() - 100;
    gcd == two && p.shr(top) != q.shr(top)
}

/// hs = (-x^2)^n modulo n^2 for a random x.
fn obfuscator_base(rng: &mut UnwrapErr<getrandom::SysRng>, n: &BoxedUint) -> Result<Vec<u8>, HeError> {
    use crypto_bigint::RandomMod;
    let key = HeError::Key { what: "n is zero or even" };
    let (Some(nonzero), Some(odd)) = (
        Option::<NonZero<BoxedUint>>::from(NonZero::new(n.clone())),
        Option::<Odd<BoxedUint>>::from(Odd::new(n.clone())),
    ) else {
        return Err(key);
    };
    let x = loop {
        let x = BoxedUint::random_mod_vartime(rng, &nonzero);
        if bool::from(x.invert_odd_mod(&odd).is_some()) {
            break x;
        }
    };
    let words = |x: &BoxedUint| x.to_words().to_vec();
    let modulus = engine::Modulus::new(&words(n))?;
    let mut square = vec![0; modulus.limbs()];
    modulus.mul(&words(&x), &words(&x), &mut square);
    let mut h = modulus.n().to_vec();
    modulus.sub(&mut h, &square);
    let mut n_squared = vec![0; 2 * modulus.limbs()];
    crate::limbs::mul_wide(modulus.n(), modulus.n(), &mut n_squared);
    let squared = engine::Modulus::new(&n_squared)?;
    h.resize(squared.limbs(), 0);
    let mut hs = vec![0; squared.limbs()];
    squared.pow(&h, modulus.n(), &mut hs);
    let mut bytes = vec![0; hs.len() * 8];
    engine::write_be(&hs, &mut bytes);
    Ok(bytes)
}
