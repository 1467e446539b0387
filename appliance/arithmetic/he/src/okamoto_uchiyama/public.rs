//! The public half of a key.

use std::ops::RangeInclusive;
use std::sync::Arc;

use engine::{Engine, FixedBase, Modulus, Numbers, read_be};
use zeroize::Zeroizing;

use super::{BITS_COMPARISON, BITS_TAKEN, LENGTHS, PLAINTEXT_BITS, PLAINTEXT_LIMBS};
use crate::batch::{is_one, modulus_from_be, read_below, unit};
use crate::{Additive, HeError};
use limbs::add;

/// Bits of randomness beyond the order of h: how far h^r is from uniform in its group.
const MARGIN: usize = 128;

/// Encrypts and computes on ciphertexts. Its tables are made when first needed, so keep one for many jobs.
pub struct PublicKey {
    pub(super) n: Arc<Modulus>,
    /// Its powers come times g^(-2^256), which takes back what makes exponents positive.
    pub(super) g: FixedBase,
    pub(super) h: FixedBase,
}

impl PublicKey {
    /// `n` and `g` big-endian, as in [`super::KeyPair`]; n of 3072 to 4672 bits.
    pub fn new(n: &[u8], g: &[u8]) -> Result<PublicKey, HeError> {
        PublicKey::with_bits(n, g, &BITS_TAKEN)
    }

    /// A key that may be too short to be secure, from 2048 bits on: to compare with programs that use such.
    pub fn for_comparison(n: &[u8], g: &[u8]) -> Result<PublicKey, HeError> {
        PublicKey::with_bits(n, g, &BITS_COMPARISON)
    }

    /// Bits of n.
    pub fn bits(&self) -> usize {
        self.n.bits()
    }

    /// Makes the tables now; their size in bytes.
    pub fn prepare(&self, engine: &Engine) -> usize {
        [&self.g, &self.h].iter().map(|base| base.prepare(engine.cpu().unit())).sum()
    }

    fn with_bits(n: &[u8], g: &[u8], taken: &RangeInclusive<usize>) -> Result<PublicKey, HeError> {
        let n = Arc::new(modulus_from_be(n)?);
        if !taken.contains(&n.bits()) {
            return Err(HeError::Key { what: LENGTHS });
        }
        let generator = read_below(&n, g.len(), g, "generator")?;
        if generator.count() != 1 {
            return Err(HeError::Key { what: "there is no generator" });
        }
        let mut h = vec![0; n.limbs()];
        n.pow(generator.item(0), n.n(), &mut h);
        // With 1 or -1 for h nothing would be hidden.
        let mut negated = vec![0; n.limbs()];
        n.sub(&mut negated, &h);
        if is_one(&h) || is_one(&negated) {
            return Err(HeError::Key { what: "the generator is a root of 1 or of -1" });
        }
        let inverse = engine::invert(&n, generator.item(0)).map_err(unit)?;
        let mut two_to_256 = [0; PLAINTEXT_LIMBS + 1];
        two_to_256[PLAINTEXT_LIMBS] = 1;
        let mut offset = vec![0; n.limbs()];
        n.pow(&inverse, &two_to_256, &mut offset);
        // The order of h divides lcm(p - 1, q - 1), of two thirds of n's bits.
        let random_bits = (n.bits() * 2 / 3 + MARGIN).next_multiple_of(64);
        let g = FixedBase::scaled(n.clone(), generator.item(0), &offset, PLAINTEXT_BITS + 64)?;
        let h = FixedBase::new(n.clone(), &h, random_bits)?.public();
        Ok(PublicKey { n, g, h })
    }

    /// m + 2^256 for each m, so that no exponent is negative and none tells its sign by its time.
    pub(super) fn exponents(&self, plaintexts: &[u8], width: usize) -> Result<Numbers, HeError> {
        if width == 0 || width > self.ciphertext_bytes() || !plaintexts.len().is_multiple_of(width) {
            return Err(HeError::PlaintextWidth { bytes: width });
        }
        let limbs = width.div_ceil(8).max(PLAINTEXT_LIMBS + 1);
        let mut out = Numbers::zero(PLAINTEXT_LIMBS + 1, plaintexts.len() / width);
        let mut m = Zeroizing::new(vec![0; limbs]);
        let mut bad = None;
        for (index, (bytes, exponent)) in plaintexts.chunks_exact(width).zip(out.iter_mut()).enumerate() {
            read_be(bytes, &mut m);
            extend_sign(&mut m, bytes);
            // In range if adding 2^256 leaves 0 < m < 2^257.
            let mut one = [0; PLAINTEXT_LIMBS + 1];
            one[PLAINTEXT_LIMBS] = 1;
            add(&mut m, &one);
            let zero = m.iter().fold(0, |any, limb| any | limb) == 0;
            let over = m[PLAINTEXT_LIMBS] >> 1 | m[PLAINTEXT_LIMBS + 1..].iter().fold(0, |any, limb| any | limb);
            bad = bad.or((zero | (over != 0)).then_some(index));
            exponent.copy_from_slice(&m[..PLAINTEXT_LIMBS + 1]);
        }
        // secret: whether all plaintexts are in range, after all were looked at.
        match bad {
            Some(index) => Err(HeError::PlaintextBits { index, bits: PLAINTEXT_BITS }),
            None => Ok(out),
        }
    }
}

/// Two's complement: ones above what `bytes` fill, if their first bit is 1.
fn extend_sign(limbs: &mut [u64], bytes: &[u8]) {
    let sign = 0u64.wrapping_sub(u64::from(bytes.first().copied().unwrap_or(0) >> 7));
    for (limb, at) in limbs.iter_mut().zip((0..).step_by(8)) {
        let have = bytes.len().saturating_sub(at).min(8) * 8;
        let missing = if have == 64 { 0 } else { u64::MAX << have };
        *limb |= sign & missing;
    }
}
