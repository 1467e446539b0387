//! Plaintexts to ciphertexts, with the public key.

use engine::{Control, Engine, Numbers};
use zeroize::Zeroizing;

use crate::batch;
use crate::plaintext::{Plaintexts, choose};
use crate::public::Obfuscation;
use crate::{Ciphertexts, HeError, Obfuscators, PublicKey};
use limbs::mul_wide;

impl PublicKey {
    /// Encrypts big-endian residues below n, each as wide as n.
    pub fn encrypt_residues(
        &self,
        engine: &Engine,
        residues: &[u8],
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        self.obfuscated(engine, &Plaintexts::residues(self, residues)?, control)
    }

    /// Encrypts with obfuscators that were made before, one for each plaintext.
    pub fn encrypt_with(
        &self,
        engine: &Engine,
        plaintexts: &[u8],
        width: usize,
        obfuscators: Obfuscators,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let factors = self.embedded(engine, &Plaintexts::signed(self, plaintexts, width)?, control)?;
        if obfuscators.count() != factors.count() {
            return Err(HeError::Shape { what: "there are not as many obfuscators as plaintexts" });
        }
        Ok(Ciphertexts(engine.mul(&self.n_squared, &factors, obfuscators.numbers(self)?, control)?))
    }

    /// 1 + m n for residues, as for [`PublicKey::encrypt_residues`]: ciphertexts that hide nothing.
    pub fn embed_residues(
        &self,
        engine: &Engine,
        residues: &[u8],
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        Ok(Ciphertexts(self.embedded(engine, &Plaintexts::residues(self, residues)?, control)?))
    }

    /// Obfuscators for later. Each hides one plaintext once.
    pub fn obfuscators(&self, engine: &Engine, count: usize, control: Control<'_>) -> Result<Obfuscators, HeError> {
        Ok(Obfuscators::new(self, self.n_th_powers(engine, count, control)?))
    }

    pub(crate) fn obfuscated(
        &self,
        engine: &Engine,
        plaintexts: &Plaintexts,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let Obfuscation::Short(base) = &self.obfuscation else {
            return self.times_obfuscators(engine, &self.embedded(engine, plaintexts, control)?, control);
        };
        let residues = self.residues(engine, plaintexts, control)?;
        let exponents = self.random_exponents(residues.count())?;
        Ok(Ciphertexts(engine.pow_fixed_base_one_plus(base, &exponents, &residues, control)?))
    }

    /// m modulo n, with no branch on m.
    fn residues(&self, engine: &Engine, plaintexts: &Plaintexts, control: Control<'_>) -> Result<Numbers, HeError> {
        let limbs = self.n.limbs();
        let mut out = Numbers::zero(limbs, plaintexts.count());
        engine.cpu().fill(&mut out, control, |i, residue| {
            let magnitude = plaintexts.magnitudes.item(i);
            residue[..magnitude.len()].copy_from_slice(magnitude);
            let mut negative = Zeroizing::new(vec![0; limbs]);
            self.n.sub(&mut negative, residue);
            choose(residue, &negative, plaintexts.sign(i));
        })?;
        Ok(out)
    }

    pub(crate) fn times_obfuscators(
        &self,
        engine: &Engine,
        factors: &Numbers,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        if let Obfuscation::Short(base) = &self.obfuscation {
            let exponents = self.random_exponents(factors.count())?;
            return Ok(Ciphertexts(engine.pow_fixed_base_times(base, &exponents, factors, control)?));
        }
        let powers = self.n_th_powers(engine, factors.count(), control)?;
        Ok(Ciphertexts(engine.mul(&self.n_squared, factors, &powers, &|_| control(0))?))
    }

    fn n_th_powers(&self, engine: &Engine, count: usize, control: Control<'_>) -> Result<Numbers, HeError> {
        match &self.obfuscation {
            Obfuscation::Short(base) => Ok(engine.pow_fixed_base(base, &self.random_exponents(count)?, control)?),
            Obfuscation::Full => {
                let bases = batch::random_below(&self.n, count)?.widened(self.n_squared.limbs());
                Ok(engine.pow_common(&self.n_squared, &bases, self.n.n(), control)?)
            }
        }
    }

    /// 1 + m n modulo n^2, with no branch on m.
    pub(crate) fn embedded(
        &self,
        engine: &Engine,
        plaintexts: &Plaintexts,
        control: Control<'_>,
    ) -> Result<Numbers, HeError> {
        let limbs = self.n_squared.limbs();
        let mut out = Numbers::zero(limbs, plaintexts.count());
        engine.cpu().fill(&mut out, control, |i, c| {
            let mut product = Zeroizing::new(vec![0; 2 * self.n.limbs()]);
            mul_wide(plaintexts.magnitudes.item(i), self.n.n(), &mut product);
            // Below n^2, which may have a limb less than n twice.
            c.copy_from_slice(&product[..limbs]);
            let mut negative = Zeroizing::new(vec![0; limbs]);
            self.n_squared.sub(&mut negative, c);
            choose(c, &negative, plaintexts.sign(i));
            // A multiple of n below n^2 leaves room for 1.
            limbs::add(c, &[1]);
        })?;
        Ok(out)
    }

    /// Exponents of half of n's bits. 2^(|n|/2) of them are enough: Damgård, Jurik and Nielsen, section 4.2.
    fn random_exponents(&self, count: usize) -> Result<Numbers, HeError> {
        random_numbers(self.n.bits() / 2 / 64, count)
    }
}

/// `count` uniform numbers of so many limbs.
pub(crate) fn random_numbers(limbs: usize, count: usize) -> Result<Numbers, HeError> {
    let mut bytes = Zeroizing::new(vec![0; limbs * 8 * count]);
    getrandom::fill(&mut bytes).map_err(HeError::Randomness)?;
    Ok(Numbers::from_be(limbs * 8, &bytes)?)
}
