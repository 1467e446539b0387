//! Ciphertexts to plaintexts, by the Chinese remainder theorem (Paillier 1999, section 7).

use engine::{Control, Engine, Numbers};
use zeroize::Zeroizing;

use crate::limbs::{add, mul_low, mul_wide, sub};
use crate::private::CrtHalf;
use crate::{Ciphertexts, HeError, PrivateKey, PublicKey};

impl PrivateKey {
    /// Two's complement big-endian integers, each as wide as n. `control` hears of each ciphertext twice, once a prime.
    pub fn decrypt(
        &self,
        engine: &Engine,
        public: &PublicKey,
        ciphertexts: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, HeError> {
        let mut residues = self.residues(engine, ciphertexts, control)?;
        residues.iter_mut().enumerate().try_for_each(|(index, m)| public.signed(m, index))?;
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
        let residues = self.residues(engine, ciphertexts, control)?;
        Ok(Zeroizing::new(residues.to_be(public.plaintext_bytes())))
    }

    fn residues(&self, engine: &Engine, ciphertexts: &Ciphertexts, control: Control<'_>) -> Result<Numbers, HeError> {
        let modulo_p = self.p.decrypt(engine, ciphertexts, control)?;
        let modulo_q = self.q.decrypt(engine, ciphertexts, control)?;
        let mut out = Numbers::zero(2 * self.p.prime.limbs(), ciphertexts.count());
        engine.cpu().fill(&mut out, &|_| control(0), |index, m| {
            self.combine(modulo_p.item(index), modulo_q.item(index), m);
        })?;
        Ok(out)
    }

    /// m = m_q + q ((m_p - m_q) / q modulo p)
    fn combine(&self, m_p: &[u64], m_q: &[u64], m: &mut [u64]) {
        let p = &self.p.prime;
        let limbs = p.limbs();
        let mut entered = Zeroizing::new(vec![0; limbs]);
        let mut reduced = Zeroizing::new(vec![0; limbs]);
        // m_q may be above p.
        p.enter(m_q, &mut entered);
        p.leave(&entered, &mut reduced);
        let mut difference = Zeroizing::new(m_p.to_vec());
        p.sub(&mut difference, &reduced);
        let mut factor = Zeroizing::new(vec![0; limbs]);
        p.mont_mul(&difference, &self.q_inverse, &mut factor);
        mul_wide(&factor, self.q.prime.n(), m);
        add(m, m_q);
    }
}

impl CrtHalf {
    /// m modulo the prime: L(c^(p-1) modulo p^2) * h.
    fn decrypt(&self, engine: &Engine, ciphertexts: &Ciphertexts, control: Control<'_>) -> Result<Numbers, HeError> {
        let limbs = self.prime.limbs();
        let bases = engine.cpu().reduced(&self.square, &ciphertexts.0, &|_| control(0))?;
        let powers = engine.pow_common(&self.square, &bases, &self.exponent, control)?;
        let mut out = Numbers::zero(limbs, ciphertexts.count());
        engine.cpu().fill(&mut out, &|_| control(0), |i, m| {
            // L(u) = (u - 1) / p, exact: times 1/p modulo a power of two.
            let mut power = Zeroizing::new(powers.item(i).to_vec());
            sub(&mut power, &[1]);
            let mut quotient = Zeroizing::new(vec![0; limbs]);
            mul_low(&power[..limbs], &self.exact, &mut quotient);
            self.prime.mont_mul(&quotient, &self.h, m);
        })?;
        Ok(out)
    }
}
