//! The private half of a key, and its raw operation.

use crypto_bigint::BoxedUint;
use engine::{Control, Engine, Modulus, Numbers};
use secrets::Secret;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::HeError;
use crate::batch::{fill, quiet, reduce};
use crate::factors::{check_factors, primes_of};
use crate::garner::Garner;
use crate::rsa::PublicKey;
use crate::rsa::exponent::private_exponent;
use crate::rsa::generate::private_exponent_is_long;

/// Decrypts and signs. Everything in it is wiped on drop.
pub struct PrivateKey {
    p: CrtHalf,
    q: CrtHalf,
    garner: Garner,
}

/// What the operation needs of one prime.
struct CrtHalf {
    prime: Modulus,
    /// 1/e modulo prime - 1.
    exponent: Zeroizing<Vec<u64>>,
}

impl PrivateKey {
    /// A key made here, and kept where nobody else writes. Checks that the primes are n's, of half its bits, two, and have an
    /// inverse of e, in constant time.
    pub fn new(public: &PublicKey, p: &Secret, q: &Secret) -> Result<PrivateKey, HeError> {
        let [p, q] = primes_of(&public.n, p, q)?;
        let none = HeError::Key { what: "the public exponent has no inverse modulo a prime less one" };
        let exponent = |prime: &Modulus| private_exponent(public.e, prime.n());
        let (Some(p_exponent), Some(q_exponent)) = (exponent(&p), exponent(&q)) else { return Err(none) };
        let garner = Garner::new(&p, &q)?;
        Ok(PrivateKey {
            p: CrtHalf { prime: p, exponent: p_exponent },
            q: CrtHalf { prime: q, exponent: q_exponent },
            garner,
        })
    }

    /// A key made elsewhere: besides what [`PrivateKey::new`] checks, the primes must be prime, not close to each other, and give
    /// no short private exponent. Takes seconds.
    pub fn import(public: &PublicKey, p: &Secret, q: &Secret) -> Result<PrivateKey, HeError> {
        let number = |prime: &Modulus| Zeroizing::new(BoxedUint::from_words(prime.n().iter().copied()));
        let [p_number, q_number] = primes_of(&public.n, p, q)?.each_ref().map(number);
        check_factors(p, q)?;
        if !private_exponent_is_long(&p_number, &q_number) {
            return Err(HeError::Key { what: "the private exponent is short" });
        }
        PrivateKey::new(public, p, q)
    }

    /// RSADP and RSASP1 (RFC 8017, 5.1.2 and 5.2.1): c^d modulo n of each number of a matrix, all below n. `control` hears of
    /// each twice, once a prime.
    pub fn raw(
        &self,
        engine: &Engine,
        public: &PublicKey,
        numbers: &[u8],
        control: Control<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, HeError> {
        let roots = self.root(engine, public, &public.read(numbers)?, control)?;
        Ok(Zeroizing::new(roots.to_be(public.bytes())))
    }

    /// The power by d, by the Chinese remainder theorem, raised to e again before it leaves: a result that is right modulo
    /// one prime alone gives the key away (D. Boneh, R. A. DeMillo, R. J. Lipton, "On the importance of checking
    /// cryptographic protocols for faults", EUROCRYPT 1997).
    pub(crate) fn root(
        &self,
        engine: &Engine,
        public: &PublicKey,
        c: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, HeError> {
        let modulo_p = self.p.root(engine, c, control)?;
        let modulo_q = self.q.root(engine, c, control)?;
        let mut out = Numbers::zero(public.n.limbs(), c.count());
        fill(engine, &mut out, &quiet(control), |i, m| {
            self.garner.combine(&self.p.prime, modulo_p.item(i), modulo_q.item(i), m);
        })?;
        let again = public.power(engine, &out, &quiet(control))?;
        let wrong = |(a, b): (&[u64], &[u64])| !bool::from(a.ct_eq(b));
        // secret: whether a power raised to e is what it was made of: always, but for a fault.
        match again.iter().zip(c.iter()).position(wrong) {
            Some(index) => Err(HeError::Fault { index }),
            None => Ok(out),
        }
    }
}

impl CrtHalf {
    fn root(&self, engine: &Engine, c: &Numbers, control: Control<'_>) -> Result<Numbers, HeError> {
        let bases = reduce(engine, &self.prime, c, control)?;
        Ok(engine.pow_common(&self.prime, &bases, &self.exponent, control)?)
    }
}

#[cfg(test)]
mod tests {
    use engine::unattended;

    use super::*;
    use crate::rsa::{PUBLIC_EXPONENT, generate};

    /// A fault in one half is what Boneh, DeMillo and Lipton need: nothing may leave.
    #[test]
    fn a_fault_is_withheld() {
        let pair = generate(2048).unwrap();
        let public = PublicKey::new(&pair.n, PUBLIC_EXPONENT).unwrap();
        let mut private = PrivateKey::new(&public, &pair.p, &pair.q).unwrap();
        let engine = Engine::without_card("a test");
        let numbers: Vec<u8> = (1..=3u8).flat_map(|m| std::iter::repeat_n(m, public.bytes())).collect();
        private.raw(&engine, &public, &numbers, &unattended).unwrap();
        private.q.exponent[0] ^= 2;
        assert!(matches!(private.raw(&engine, &public, &numbers, &unattended), Err(HeError::Fault { index: 0 })));
    }
}
