//! The public half of a key.

use std::sync::Arc;

use engine::{FixedBase, Modulus, Numbers, invert, read_be};

use crate::limbs::{mul_wide, sub};
use crate::{Ciphertexts, HeError};

/// Encrypts and computes on ciphertexts. The obfuscators' table lives here, so keep one for many jobs.
pub struct PublicKey {
    pub(crate) n: Modulus,
    pub(crate) n_squared: Arc<Modulus>,
    pub(crate) obfuscators: FixedBase,
    /// The largest magnitude of a plaintext: n / 3.
    pub(crate) third: Vec<u64>,
    /// R^3 modulo n, which takes a number below n to Montgomery form modulo n^2 (see `encrypt`).
    pub(crate) r_cubed: Vec<u64>,
}

impl PublicKey {
    /// `n` and `hs` big-endian, as in [`crate::KeyPair`].
    pub fn new(n: &[u8], hs: &[u8]) -> Result<PublicKey, HeError> {
        let mut words = vec![0; n.len().div_ceil(8)];
        read_be(n, &mut words);
        let n = Modulus::new(&words)?;
        if n.bits() < 2048 {
            return Err(HeError::KeyBits { bits: n.bits() as u32 });
        }
        if !n.bits().is_multiple_of(128) {
            return Err(HeError::Key { what: "the length of n is no multiple of 128 bits" });
        }
        let mut square = vec![0; 2 * n.limbs()];
        mul_wide(n.n(), n.n(), &mut square);
        let n_squared = Arc::new(Modulus::new(&square)?);
        if n_squared.limbs() != 2 * n.limbs() {
            return Err(HeError::Key { what: "n is not as long as it says" });
        }
        let mut base = vec![0; n_squared.limbs()];
        read_be(hs, &mut base);
        let obfuscators = FixedBase::new(n_squared.clone(), &base, n.bits() / 2)?;
        let mut r_cubed = vec![0; n.limbs()];
        n.mont_mul(n.r_squared(), n.r_squared(), &mut r_cubed);
        Ok(PublicKey { third: third(n.n()), n, n_squared, obfuscators, r_cubed })
    }

    /// Bits of n.
    pub fn bits(&self) -> usize {
        self.n.bits()
    }

    /// Bytes of n: the width of decrypted plaintexts.
    pub fn plaintext_bytes(&self) -> usize {
        self.n.limbs() * 8
    }

    /// Bytes of n^2: the width of ciphertexts.
    pub fn ciphertext_bytes(&self) -> usize {
        self.n_squared.limbs() * 8
    }

    /// Checks big-endian ciphertexts from outside: each in 0 < c < n^2, and all of them units. For the latter all are
    /// multiplied and the product inverted, one multiplication each: a common factor with n stays in the product.
    pub fn accept(&self, data: &[u8]) -> Result<Ciphertexts, HeError> {
        let needed = self.ciphertext_bytes();
        if !data.len().is_multiple_of(needed) {
            return Err(HeError::CiphertextWidth { bytes: data.len() % needed, needed });
        }
        let numbers = Numbers::from_be(needed, data)?;
        let modulus = &self.n_squared;
        let bad = |c: &[u64]| !modulus.contains(c) || c.iter().all(|limb| *limb == 0);
        if let Some(index) = numbers.iter().position(bad) {
            return Err(HeError::CiphertextRange { index });
        }
        let mut product = modulus.one().to_vec();
        let mut next = vec![0; modulus.limbs()];
        for c in numbers.iter() {
            modulus.mont_mul(&product, c, &mut next);
            std::mem::swap(&mut product, &mut next);
        }
        match invert(modulus, &product) {
            Ok(_) => Ok(Ciphertexts(numbers)),
            Err(engine::EngineError::NotInvertible) => Err(HeError::NotAUnit),
            Err(e) => Err(e.into()),
        }
    }

    /// Takes ciphertexts that this box computed, and kept where nobody else writes.
    pub fn trust(&self, data: &[u8]) -> Result<Ciphertexts, HeError> {
        let numbers = Numbers::from_be(self.ciphertext_bytes(), data)?;
        match numbers.iter().position(|c| !self.n_squared.contains(c)) {
            Some(index) => Err(HeError::CiphertextRange { index }),
            None => Ok(Ciphertexts(numbers)),
        }
    }
}

/// n / 3, by long division from the top.
fn third(n: &[u64]) -> Vec<u64> {
    let mut quotient = vec![0; n.len()];
    let mut rest = 0u128;
    for (q, limb) in quotient.iter_mut().zip(n).rev() {
        let value = rest << 64 | u128::from(*limb);
        (*q, rest) = ((value / 3) as u64, value % 3);
    }
    quotient
}

/// n - a for a <= n.
pub(crate) fn complement(n: &[u64], a: &[u64]) -> Vec<u64> {
    let mut out = n.to_vec();
    sub(&mut out, a);
    out
}
