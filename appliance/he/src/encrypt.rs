//! Plaintexts to ciphertexts.

use std::sync::Mutex;

use engine::{Control, Engine, Numbers};
use zeroize::Zeroizing;

use crate::limbs::mul_wide;
use crate::{Ciphertexts, HeError, PublicKey};

impl PublicKey {
    /// Encrypts two's complement big-endian integers of `width` bytes. `control` hears of each twice: of its obfuscator
    /// and of the rest.
    pub fn encrypt(
        &self,
        engine: &Engine,
        plaintexts: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        if width == 0 || width > self.plaintext_bytes() || !plaintexts.len().is_multiple_of(width) {
            return Err(HeError::PlaintextWidth { bytes: width });
        }
        let count = plaintexts.len() / width;
        let mut residue = Zeroizing::new(vec![0; self.n.limbs()]);
        for (index, m) in plaintexts.chunks_exact(width).enumerate() {
            self.residue(m, index, &mut residue)?;
        }
        let powers = engine.pow_fixed_base(&self.obfuscators, &self.random_exponents(count)?, control)?;
        let mut out = Numbers::zero(self.n_squared.limbs(), count);
        let failed = Mutex::new(None);
        engine.portable().fill(&mut out, control, |i, c| {
            if let Err(e) = self.encrypt_one(&plaintexts[i * width..][..width], i, powers.item(i), c)
                && let Ok(mut failed) = failed.lock()
            {
                *failed = Some(e);
            }
        })?;
        match failed.into_inner() {
            Ok(None) => Ok(Ciphertexts(out)),
            Ok(Some(e)) => Err(e),
            Err(_) => Err(HeError::Shape { what: "a thread failed" }),
        }
    }

    /// c = (1 + m n) * y. With S = R^2, the R of n^2: t = m S modulo n by one multiplication with R^3, and
    /// S + n t = (1 + m n) S modulo n^2, the factor in Montgomery form.
    fn encrypt_one(&self, m: &[u8], index: usize, y: &[u64], c: &mut [u64]) -> Result<(), HeError> {
        let limbs = self.n.limbs();
        let mut residue = Zeroizing::new(vec![0; limbs]);
        self.residue(m, index, &mut residue)?;
        let mut t = Zeroizing::new(vec![0; limbs]);
        self.n.mont_mul(&residue, &self.r_cubed, &mut t);
        let mut factor = Zeroizing::new(vec![0; 2 * limbs]);
        mul_wide(&t, self.n.n(), &mut factor);
        self.n_squared.add(&mut factor, self.n_squared.one());
        self.n_squared.mont_mul(y, &factor, c);
        Ok(())
    }

    /// Exponents of half of n's bits. 2^(|n|/2) of them are enough: Damgård, Jurik and Nielsen, section 4.2.
    fn random_exponents(&self, count: usize) -> Result<Numbers, HeError> {
        let limbs = self.n.bits() / 2 / 64;
        let mut exponents = Numbers::zero(limbs, count);
        let mut bytes = Zeroizing::new(vec![0; limbs * 8]);
        for exponent in exponents.iter_mut() {
            getrandom::fill(&mut bytes).map_err(HeError::Randomness)?;
            for (limb, chunk) in exponent.iter_mut().zip(bytes.chunks_exact(8)) {
                let mut word = [0; 8];
                word.copy_from_slice(chunk);
                *limb = u64::from_le_bytes(word);
            }
        }
        Ok(exponents)
    }
}
