//! Making a key pair: FIPS 186-5, A.1.3, "random primes that are probably prime".

use crypto_bigint::{BoxedUint, ConcatenatingMul, Gcd, Resize};
use secrets::Secret;
use zeroize::{Zeroize, Zeroizing};

use crate::factors::far_apart;
use crate::primes::random_prime;
use crate::rsa::PUBLIC_EXPONENT;
use crate::{HeError, KEY_BITS};

/// A key pair as it is stored; big-endian numbers. The public exponent is 65537.
pub struct KeyPair {
    pub n: Vec<u8>,
    pub p: Secret,
    pub q: Secret,
}

/// A new key pair of 2048, 3072 or 4096 bits. Takes seconds.
pub fn generate(bits: u32) -> Result<KeyPair, HeError> {
    if !KEY_BITS.contains(&bits) {
        return Err(HeError::KeyBits { bits });
    }
    let p = random_prime(bits / 2, |p| prime_to_exponent(p, PUBLIC_EXPONENT))?;
    let q = loop {
        let q = random_prime(bits / 2, |q| prime_to_exponent(q, PUBLIC_EXPONENT))?;
        if far_apart(&p, &q) && private_exponent_is_long(&p, &q) {
            break q;
        }
    };
    let n = p.concatenating_mul(&*q);
    let secret = |x: &BoxedUint| {
        let mut bytes = x.to_be_bytes();
        let secret = Secret::copy_of(&bytes);
        bytes.zeroize();
        secret
    };
    Ok(KeyPair { n: n.to_be_bytes().to_vec(), p: secret(&p), q: secret(&q) })
}

/// gcd(p - 1, e) = 1, so that e has an inverse (A.1.3, steps 4.5 and 5.6).
fn prime_to_exponent(p: &BoxedUint, e: u64) -> bool {
    let one = BoxedUint::one_with_precision(p.bits_precision());
    let e = BoxedUint::from(e).resize(p.bits_precision());
    Zeroizing::new(p.wrapping_sub(&one)).gcd(&e) == one
}

/// d > 2^(bits of n / 2) (A.1.1, step 3), without making d: e d > lcm(p - 1, q - 1), and that is (p - 1)(q - 1), of all of n's
/// bits but one at least, by their greatest common divisor. With e of 64 bits at most, 70 bits short of half of n's are few
/// enough for it.
pub(crate) fn private_exponent_is_long(p: &BoxedUint, q: &BoxedUint) -> bool {
    let one = BoxedUint::one_with_precision(p.bits_precision());
    let (p_less, q_less) = (Zeroizing::new(p.wrapping_sub(&one)), Zeroizing::new(q.wrapping_sub(&one)));
    Zeroizing::new(p_less.gcd(&*q_less)).bit_width() + 70 < p.bit_width()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_private_exponent_is_found() {
        let p = BoxedUint::one_with_precision(1024).shl(1023).wrapping_add(BoxedUint::from(1u8));
        let q = BoxedUint::one_with_precision(1024).shl(1022).wrapping_add(BoxedUint::from(1u8));
        assert!(!private_exponent_is_long(&p, &q));
    }

    #[test]
    fn other_sizes_are_refused() {
        assert!(matches!(generate(1024), Err(HeError::KeyBits { bits: 1024 })));
        assert!(matches!(generate(2049), Err(HeError::KeyBits { bits: 2049 })));
    }
}
