//! The public half of a key.

use std::sync::Arc;

use engine::{Engine, FixedBase, Modulus, read_be, write_be};

use crate::obfuscator::checked_base;
use crate::{Additive, HeError};

/// Bits of n below which a key is refused (NIST SP 800-57: 112 bits of strength).
const BITS_MIN: usize = 2048;
/// The same for keys that are insecure and say so.
const BITS_COMPARISON: usize = 512;

/// Encrypts and computes on ciphertexts. The obfuscators' table lives here, so keep one for many jobs.
pub struct PublicKey {
    pub(crate) n: Modulus,
    pub(crate) n_squared: Arc<Modulus>,
    pub(crate) obfuscation: Obfuscation,
    /// The largest magnitude of a plaintext: n / 3.
    pub(crate) third: Vec<u64>,
}

/// Where the factors come from that hide plaintexts: n-th powers modulo n^2.
pub(crate) enum Obfuscation {
    /// hs^r for r of half of n's bits. Only whoever made n knows that hs = h^n for an h that generates enough.
    Short(Box<FixedBase>),
    /// r^n for r below n: Paillier's own, right for every n.
    Full,
}

impl PublicKey {
    /// A key with short obfuscators; `n` and `hs` big-endian, as in [`crate::KeyPair`]. What is checked of `hs`, and what nobody can
    /// check without the primes, says [`crate::check_obfuscator`].
    pub fn new(n: &[u8], hs: &[u8]) -> Result<PublicKey, HeError> {
        PublicKey::with_least_bits(n, Some(hs), BITS_MIN)
    }

    /// Somebody else's key, of which `n` alone is known: obfuscators are r^n.
    pub fn textbook(n: &[u8]) -> Result<PublicKey, HeError> {
        PublicKey::with_least_bits(n, None, BITS_MIN)
    }

    /// A key that may be too short to be secure, from 512 bits on: to compare with programs that use such.
    pub fn for_comparison(n: &[u8], hs: Option<&[u8]>) -> Result<PublicKey, HeError> {
        PublicKey::with_least_bits(n, hs, BITS_COMPARISON)
    }

    /// Bits of n.
    pub fn bits(&self) -> usize {
        self.n.bits()
    }

    /// Bytes of n: the width of decrypted plaintexts.
    pub fn plaintext_bytes(&self) -> usize {
        self.n.limbs() * 8
    }

    /// n, big-endian, [`PublicKey::plaintext_bytes`] wide.
    pub fn n_be(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.plaintext_bytes()];
        write_be(self.n.n(), &mut bytes);
        bytes
    }

    /// hs, big-endian, [`PublicKey::ciphertext_bytes`] wide, if the key has short obfuscators.
    pub fn hs_be(&self) -> Option<Vec<u8>> {
        match &self.obfuscation {
            Obfuscation::Full => None,
            Obfuscation::Short(base) => {
                let mut bytes = vec![0; self.ciphertext_bytes()];
                write_be(base.base(), &mut bytes);
                Some(bytes)
            }
        }
    }

    /// Makes the obfuscators' table now, if there is one; its size in bytes.
    pub fn prepare(&self, engine: &Engine) -> usize {
        match &self.obfuscation {
            Obfuscation::Full => 0,
            Obfuscation::Short(base) => base.prepare(engine.cpu().unit()),
        }
    }

    fn with_least_bits(n: &[u8], hs: Option<&[u8]>, least: usize) -> Result<PublicKey, HeError> {
        let mut words = vec![0; n.len().div_ceil(8)];
        read_be(n, &mut words);
        let n = Modulus::new(&words)?;
        if n.bits() < least {
            return Err(HeError::KeyBits { bits: n.bits() as u32 });
        }
        let n_squared = Arc::new(Modulus::square_of(n.n())?);
        let obfuscation = match hs {
            None => Obfuscation::Full,
            Some(hs) => {
                if !n.bits().is_multiple_of(128) {
                    return Err(HeError::Key { what: "the length of n is no multiple of 128 bits" });
                }
                let base = checked_base(&n, &n_squared, hs)?;
                Obfuscation::Short(Box::new(FixedBase::new(n_squared.clone(), &base, n.bits() / 2)?.public()))
            }
        };
        Ok(PublicKey { third: third(n.n()), n, n_squared, obfuscation })
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
