//! The private half of a key.

use engine::{Modulus, invert, read_be};
use secrets::Secret;
use zeroize::Zeroizing;

use crate::limbs::mul_wide;
use crate::{HeError, PublicKey};

/// Decrypts. Everything in it is wiped on drop.
pub struct PrivateKey {
    pub(crate) p: Half,
    pub(crate) q: Half,
    /// (1/q) * R modulo p.
    pub(crate) q_inverse: Zeroizing<Vec<u64>>,
}

/// What decryption needs of one prime.
pub(crate) struct Half {
    pub(crate) prime: Modulus,
    pub(crate) square: Modulus,
    /// prime - 1
    pub(crate) exponent: Zeroizing<Vec<u64>>,
    /// 1/prime modulo 2^(64 * limbs).
    pub(crate) exact: Zeroizing<Vec<u64>>,
    /// (1/L((1 + n)^(prime - 1))) * R modulo the prime, which is -1/other, with R.
    pub(crate) h: Zeroizing<Vec<u64>>,
}

impl PrivateKey {
    /// Checks that the primes are the public key's.
    pub fn new(public: &PublicKey, p: &Secret, q: &Secret) -> Result<PrivateKey, HeError> {
        let limbs = |secret: &Secret| {
            let mut words = Zeroizing::new(vec![0; secret.len().div_ceil(8)]);
            read_be(secret.expose(), &mut words);
            Modulus::new(&words)
        };
        let (p, q) = (limbs(p)?, limbs(q)?);
        let mut n = Zeroizing::new(vec![0; p.limbs() + q.limbs()]);
        mul_wide(p.n(), q.n(), &mut n);
        if n.as_slice() != public.n.n() || p.limbs() != q.limbs() {
            return Err(HeError::Key { what: "the primes are not those of n" });
        }
        let q_inverse = inverse_of(&p, q.n())?;
        let p_half = Half::new(&p, &q)?;
        let q_half = Half::new(&q, &p)?;
        Ok(PrivateKey { p: p_half, q: q_half, q_inverse })
    }
}

impl Half {
    fn new(prime: &Modulus, other: &Modulus) -> Result<Half, HeError> {
        let limbs = prime.limbs();
        let mut square = Zeroizing::new(vec![0; 2 * limbs]);
        mul_wide(prime.n(), prime.n(), &mut square);
        let mut exponent = Zeroizing::new(prime.n().to_vec());
        exponent[0] -= 1;
        // (1 + n)^(p-1) = 1 + (p-1) n modulo p^2, so L of it is (p-1) q = -q modulo p.
        let mut h = Zeroizing::new(prime.n().to_vec());
        let inverse = inverse_of(prime, other.n())?;
        crate::limbs::sub(&mut h, &inverse);
        Ok(Half {
            prime: Modulus::new(prime.n())?,
            square: Modulus::new(&square)?,
            exponent,
            exact: exact_inverse(prime.n()),
            h,
        })
    }
}

/// (1/a) * R modulo a prime, for `a` as wide as it.
fn inverse_of(prime: &Modulus, a: &[u64]) -> Result<Zeroizing<Vec<u64>>, HeError> {
    let limbs = prime.limbs();
    let mut entered = Zeroizing::new(vec![0; limbs]);
    prime.enter(a, &mut entered);
    let mut reduced = Zeroizing::new(vec![0; limbs]);
    prime.leave(&entered, &mut reduced);
    let inverse = Zeroizing::new(invert(prime, &reduced)?);
    let mut out = Zeroizing::new(vec![0; limbs]);
    prime.enter(&inverse, &mut out);
    Ok(out)
}

/// 1/p modulo 2^(64 * limbs), by Newton's iteration x = x (2 - p x).
fn exact_inverse(p: &[u64]) -> Zeroizing<Vec<u64>> {
    let limbs = p.len();
    let mut x = Zeroizing::new(vec![0; limbs]);
    x[0] = 1;
    let mut product = Zeroizing::new(vec![0; limbs]);
    let mut next = Zeroizing::new(vec![0; limbs]);
    // p * 1 = 1 modulo 2 to begin with; each step doubles the right bits.
    for _ in 0..(limbs * 64).ilog2() + 1 {
        crate::limbs::mul_low(p, &x, &mut product);
        crate::limbs::negate_if(&mut product, 1);
        crate::limbs::add(&mut product, &[2]);
        crate::limbs::mul_low(&x, &product, &mut next);
        x.copy_from_slice(&next);
    }
    x
}
