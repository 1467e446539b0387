//! Plaintexts to ciphertexts, with the private key: modulo the squares of the primes, which is faster than modulo n^2.
//!
//! c = (c_p / q^2 modulo p^2) q^2 + (c_q / p^2 modulo q^2) p^2 modulo n^2, with c_p = y_p (1 + m n) modulo p^2. The y_p are
//! powers of one n-th power with exponents as wide as p, drawn for each prime by itself: uniform n-th powers, but for what
//! a single random base may miss of the group.

use engine::{Control, Engine, Numbers};
use zeroize::Zeroizing;

use crate::encrypt::random_numbers;
use crate::plaintext::{Plaintexts, choose};
use crate::private::CrtHalf;
use crate::{Ciphertexts, HeError, PrivateKey, PublicKey};
use limbs::{add, less, mul_wide, sub};

impl PrivateKey {
    /// As [`PublicKey::encrypt`]. `control` hears of each plaintext twice, once a prime.
    pub fn encrypt(
        &self,
        engine: &Engine,
        public: &PublicKey,
        plaintexts: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        self.encrypted(engine, public, &Plaintexts::signed(public, plaintexts, width)?, control)
    }

    /// As [`PublicKey::encrypt_residues`].
    pub fn encrypt_residues(
        &self,
        engine: &Engine,
        public: &PublicKey,
        residues: &[u8],
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        self.encrypted(engine, public, &Plaintexts::residues(public, residues)?, control)
    }

    fn encrypted(
        &self,
        engine: &Engine,
        public: &PublicKey,
        plaintexts: &Plaintexts,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let by_p = self.p.part(engine, plaintexts, control)?;
        let by_q = self.q.part(engine, plaintexts, control)?;
        let modulus = public.n_squared.n();
        let mut out = Numbers::zero(modulus.len(), plaintexts.count());
        engine.cpu().fill(&mut out, &|_| control(0), |i, c| {
            let mut product = Zeroizing::new(vec![0; by_p.limbs() + self.q.square.limbs()]);
            let mut other = Zeroizing::new(vec![0; modulus.len()]);
            // Both are below n^2, which may have fewer limbs than the primes' squares together.
            mul_wide(by_p.item(i), self.q.square.n(), &mut product);
            c.copy_from_slice(&product[..modulus.len()]);
            mul_wide(by_q.item(i), self.p.square.n(), &mut product);
            other.copy_from_slice(&product[..modulus.len()]);
            // Take n^2 off where the sum is not below it.
            let carry = add(c, &other);
            let over = carry | (less(c, modulus) ^ 1);
            other.copy_from_slice(c);
            sub(&mut other, modulus);
            choose(c, &other, over);
        })?;
        Ok(Ciphertexts(out))
    }
}

impl CrtHalf {
    /// y (1 + m n) / other^2 modulo the square.
    fn part(&self, engine: &Engine, plaintexts: &Plaintexts, control: Control<'_>) -> Result<Numbers, HeError> {
        let mut multiples = Numbers::zero(self.prime.limbs(), plaintexts.count());
        engine.cpu().fill(&mut multiples, &|_| control(0), |i, multiple| self.multiple(plaintexts, i, multiple))?;
        let exponents = random_numbers(self.prime.limbs(), plaintexts.count())?;
        Ok(engine.cpu().pow_fixed_base_one_plus(&self.obfuscators, &exponents, &multiples, control)?)
    }

    /// m q modulo p, with no branch on m: 1 + m n is 1 + p (m q modulo p) modulo the square.
    fn multiple(&self, plaintexts: &Plaintexts, index: usize, product: &mut [u64]) {
        let limbs = self.prime.limbs();
        let magnitude = plaintexts.magnitudes.item(index);
        if magnitude.len() <= limbs {
            let mut wide = Zeroizing::new(vec![0; limbs]);
            wide[..magnitude.len()].copy_from_slice(magnitude);
            self.prime.mont_mul(&wide, &self.other_entered, product);
        } else {
            let mut entered = Zeroizing::new(vec![0; limbs]);
            self.prime.enter_wide(magnitude, &mut entered);
            self.prime.mont_mul(&self.other, &entered, product);
        }
        let mut negative = Zeroizing::new(vec![0; limbs]);
        self.prime.sub(&mut negative, product);
        choose(product, &negative, plaintexts.sign(index));
    }
}
