//! The private half of a key.

use engine::{Control, Engine, Modulus};
use secrets::Secret;
use zeroize::Zeroizing;

use super::{Ciphertexts, PLAINTEXT_LIMBS, PublicKey};
use crate::HeError;
use crate::batch::{inverse_modulo_prime, less_one, modulus_from_be, power_of, reduce};
use crate::primes::is_prime;
use limbs::{exact_inverse, less, mul_low, mul_wide, negate_if, sub};

/// Decrypts. Everything in it is wiped on drop.
pub struct PrivateKey {
    p: Modulus,
    p_squared: Modulus,
    exponent: Zeroizing<Vec<u64>>,
    /// 1/p modulo 2^(64 * limbs).
    exact: Zeroizing<Vec<u64>>,
    /// (1/L(g^(p-1))) * R modulo p.
    factor: Zeroizing<Vec<u64>>,
}

impl PrivateKey {
    /// A key made here. Checks that the primes are the public key's, of about one length, and that g is good.
    pub fn new(public: &PublicKey, p: &Secret, q: &Secret) -> Result<PrivateKey, HeError> {
        let (p, q) = (modulus_from_be(p.expose())?, modulus_from_be(q.expose())?);
        // Lengths are public; HEU's primes are up to two bits apart.
        if p.bits().abs_diff(q.bits()) > 8 || p.same(&q) {
            return Err(HeError::Key { what: "the primes are the same, or differ in length" });
        }
        let limbs = p.limbs();
        let mut square = Zeroizing::new(vec![0; 2 * limbs]);
        mul_wide(p.n(), p.n(), &mut square);
        let mut n = Zeroizing::new(vec![0; 2 * limbs + q.limbs()]);
        mul_wide(&square, q.n(), &mut n);
        let (low, high) = n.split_at(public.n.limbs().min(n.len()));
        let rest = high.iter().fold(0, |any, limb| any | limb);
        // secret: whether p^2 q is the public n.
        if low != public.n.n() || rest != 0 {
            return Err(HeError::Key { what: "the primes are not those of n" });
        }
        let p_squared = Modulus::new(&square)?;
        let exponent = less_one(&p);
        let exact = exact_inverse(p.n());
        let g = power_of(&p_squared, public.g.base(), &exponent);
        let mut key = PrivateKey { factor: Zeroizing::new(p.one().to_vec()), p, p_squared, exponent, exact };
        let mut l = Zeroizing::new(vec![0; limbs]);
        key.quotient(&g, &mut l);
        key.factor = inverse_modulo_prime(&key.p, &l)
            .map_err(|_| HeError::Key { what: "the generator has no order that p divides" })?;
        Ok(key)
    }

    /// A key made elsewhere: besides what [`PrivateKey::new`] checks, the primes must be prime. Takes seconds.
    pub fn import(public: &PublicKey, p: &Secret, q: &Secret) -> Result<PrivateKey, HeError> {
        let key = PrivateKey::new(public, p, q)?;
        match is_prime(p.expose()) && is_prime(q.expose()) {
            true => Ok(key),
            false => Err(HeError::Key { what: "a factor of n is not prime" }),
        }
    }

    /// Two's complement big-endian integers of 40 bytes each. Whatever is not in the range is the one error, of the first element that is
    /// not: see the module's text. `control` hears of each once.
    pub fn decrypt(
        &self,
        engine: &Engine,
        ciphertexts: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, HeError> {
        let bases = reduce(engine, &self.p_squared, &ciphertexts.0, control)?;
        let powers = engine.pow_common(&self.p_squared, &bases, &self.exponent, control)?;
        let width = (PLAINTEXT_LIMBS + 1) * 8;
        let mut out = Zeroizing::new(vec![0; width * powers.count()]);
        let mut residue = Zeroizing::new(vec![0; self.p.limbs()]);
        let mut m = Zeroizing::new(vec![0; self.p.limbs()]);
        let mut bad = None;
        for (index, (power, bytes)) in powers.iter().zip(out.chunks_exact_mut(width)).enumerate() {
            self.quotient(power, &mut residue);
            self.p.mont_mul(&residue, &self.factor, &mut m);
            let good = self.signed(&mut m);
            bad = bad.or((good == 0).then_some(index));
            engine::write_be(&m[..PLAINTEXT_LIMBS + 1], bytes);
        }
        // secret: whether all ciphertexts decrypt, after all were tried.
        match bad {
            Some(index) => Err(HeError::Decryption { index }),
            None => Ok(out),
        }
    }

    /// L(u) = (u - 1) / p, exact for a u that is 1 modulo p: times 1/p modulo a power of two.
    fn quotient(&self, u: &[u64], out: &mut [u64]) {
        let mut u = Zeroizing::new(u.to_vec());
        sub(&mut u, &[1]);
        mul_low(&u[..out.len()], &self.exact, out);
    }

    /// A residue modulo p to a signed integer, in place; 1 if it is in range.
    fn signed(&self, m: &mut [u64]) -> u64 {
        let mut negated = Zeroizing::new(self.p.n().to_vec());
        sub(&mut negated, m);
        // The nearer of m and m - p; both are far below what has no place in a signed number of this width.
        let negative = less(&negated, m);
        let mask = 0u64.wrapping_sub(negative);
        m.iter_mut().zip(negated.iter()).for_each(|(m, n)| *m ^= (*m ^ *n) & mask);
        let above = m[PLAINTEXT_LIMBS..].iter().fold(0, |any, limb| any | limb);
        negate_if(m, negative);
        1 ^ ((above | above.wrapping_neg()) >> 63)
    }
}
