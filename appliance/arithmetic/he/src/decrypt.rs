//! Ciphertexts to plaintexts, by the Chinese remainder theorem (Paillier 1999, section 7).

use engine::{Control, Engine, Numbers};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::batch::all_good;
use crate::private::CrtHalf;
use crate::{Ciphertexts, HeError, PrivateKey, PublicKey};
use limbs::{add, mul_low, mul_wide, sub};

impl PrivateKey {
    /// Two's complement big-endian integers, each as wide as n. `control` hears of each ciphertext twice, once a prime.
    pub fn decrypt(
        &self,
        engine: &Engine,
        public: &PublicKey,
        ciphertexts: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, HeError> {
        let mut residues = self.residues(engine, public, ciphertexts, control)?;
        public.signed(&mut residues)?;
        Ok(Zeroizing::new(residues.to_be(public.plaintext_bytes())))
    }

    /// Big-endian residues below n, each as wide as n.
    pub fn decrypt_residues(
        &self,
        engine: &Engine,
        public: &PublicKey,
        ciphertexts: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, HeError> {
        let residues = self.residues(engine, public, ciphertexts, control)?;
        Ok(Zeroizing::new(residues.to_be(public.plaintext_bytes())))
    }

    fn residues(
        &self,
        engine: &Engine,
        public: &PublicKey,
        ciphertexts: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Numbers, HeError> {
        let modulo_p = self.p.decrypt(engine, ciphertexts, control)?;
        let modulo_q = self.q.decrypt(engine, ciphertexts, control)?;
        let units = modulo_p.units.iter().zip(modulo_q.units.iter()).map(|(p, q)| p[0] & q[0]);
        all_good(units).map_err(|index| HeError::CiphertextRange { index })?;
        let mut out = Numbers::zero(public.n.limbs(), ciphertexts.count());
        engine.cpu().fill(&mut out, &|_| control(0), |index, m| {
            self.garner.combine(&self.p.prime, modulo_p.residues.item(index), modulo_q.residues.item(index), m);
        })?;
        Ok(out)
    }
}

/// Plaintexts modulo one prime.
struct Half {
    residues: Numbers,
    /// 1 where the ciphertext is a unit modulo the prime, 0 where it is none and its residue says nothing.
    units: Numbers,
}

impl CrtHalf {
    /// m modulo the prime: L(c^(p-1) modulo p^2) * h.
    fn decrypt(&self, engine: &Engine, ciphertexts: &Ciphertexts, control: Control<'_>) -> Result<Half, HeError> {
        let limbs = self.prime.limbs();
        let bases = engine.cpu().reduced(&self.square, &ciphertexts.0, &|_| control(0))?;
        let powers = engine.pow_common(&self.square, &bases, &self.exponent, control)?;
        let mut quotients = Numbers::zero(limbs, ciphertexts.count());
        engine.cpu().fill(&mut quotients, &|_| control(0), |i, quotient| self.quotient(powers.item(i), quotient))?;
        let mut residues = Numbers::zero(limbs, ciphertexts.count());
        engine.cpu().fill(&mut residues, &|_| control(0), |i, m| {
            self.prime.mont_mul(quotients.item(i), &self.h, m);
        })?;
        let mut units = Numbers::zero(1, ciphertexts.count());
        engine.cpu().fill(&mut units, &|_| control(0), |i, unit| {
            unit[0] = self.is_exact(powers.item(i), quotients.item(i));
        })?;
        Ok(Half { residues, units })
    }

    /// L(u) = (u - 1) / p, exact for a u that is 1 modulo p: times 1/p modulo a power of two.
    fn quotient(&self, u: &[u64], quotient: &mut [u64]) {
        let mut u = Zeroizing::new(u.to_vec());
        sub(&mut u, &[1]);
        mul_low(&u[..quotient.len()], &self.exact, quotient);
    }

    /// 1 if u is 1 + p * quotient: every unit's power is (Fermat), a multiple of p's, which is 0, is not.
    fn is_exact(&self, u: &[u64], quotient: &[u64]) -> u64 {
        let mut back = Zeroizing::new(vec![0; 2 * quotient.len()]);
        mul_wide(quotient, self.prime.n(), &mut back);
        add(&mut back, &[1]);
        let (low, high) = back.split_at(u.len());
        let over = high.iter().fold(0, |any, limb| any | limb);
        (low.ct_eq(u) & over.ct_eq(&0)).unwrap_u8().into()
    }
}
