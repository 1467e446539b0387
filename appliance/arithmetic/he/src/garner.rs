//! A number from its remainders modulo two primes.

use engine::Modulus;
use zeroize::Zeroizing;

use crate::HeError;
use crate::batch::inverse_modulo_prime;
use limbs::{add, mul_wide};

/// Garner's formula for p and q of one length. Wiped on drop.
pub(crate) struct Garner {
    q: Zeroizing<Vec<u64>>,
    /// (1/q) * R modulo p.
    q_inverse: Zeroizing<Vec<u64>>,
}

impl Garner {
    pub(crate) fn new(p: &Modulus, q: &Modulus) -> Result<Garner, HeError> {
        Ok(Garner { q: Zeroizing::new(q.n().to_vec()), q_inverse: inverse_modulo_prime(p, q.n())? })
    }

    /// m = m_q + q ((m_p - m_q) / q modulo p), below p q, whose limbs `m` has.
    pub(crate) fn combine(&self, p: &Modulus, m_p: &[u64], m_q: &[u64], m: &mut [u64]) {
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
        let mut wide = Zeroizing::new(vec![0; limbs + self.q.len()]);
        mul_wide(&factor, &self.q, &mut wide);
        add(&mut wide, m_q);
        // p q may have a limb less than the primes together.
        m.copy_from_slice(&wide[..m.len()]);
    }
}
