//! Plaintexts: signed integers, or residues modulo n.

use engine::{Numbers, read_be};
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::batch::all_good;
use crate::{HeError, PublicKey};
use limbs::{less, negate_if, sub};

/// Magnitudes and signs that fit a key: as wide as the caller's numbers, so that short ones cost less.
pub struct Plaintexts {
    pub(crate) magnitudes: Numbers,
    /// 1 where the number is negative.
    negative: Zeroizing<Vec<u8>>,
}

impl Plaintexts {
    /// Two's complement big-endian integers of `width` bytes, of magnitude at most n / 3.
    pub(crate) fn signed(public: &PublicKey, bytes: &[u8], width: usize) -> Result<Plaintexts, HeError> {
        let plaintexts = Plaintexts::any(bytes, width, public.plaintext_bytes())?;
        // Narrower ones fit whatever they are.
        if plaintexts.magnitudes.limbs() == public.third.len() {
            let good = plaintexts.magnitudes.iter().map(|magnitude| less(&public.third, magnitude) ^ 1);
            all_good(good).map_err(|index| HeError::PlaintextRange { index })?;
        }
        Ok(plaintexts)
    }

    /// Big-endian residues below n, as wide as n.
    pub(crate) fn residues(public: &PublicKey, bytes: &[u8]) -> Result<Plaintexts, HeError> {
        let width = public.plaintext_bytes();
        if !bytes.len().is_multiple_of(width) {
            return Err(HeError::PlaintextWidth { bytes: bytes.len() % width });
        }
        let magnitudes = Numbers::from_be(width, bytes)?;
        let good = magnitudes.iter().map(|residue| less(residue, public.n.n()));
        all_good(good).map_err(|index| HeError::ResidueRange { index })?;
        Ok(Plaintexts { negative: Zeroizing::new(vec![0; magnitudes.count()]), magnitudes })
    }

    /// Two's complement big-endian integers of at most `widest` bytes, of any value.
    pub(crate) fn any(bytes: &[u8], width: usize, widest: usize) -> Result<Plaintexts, HeError> {
        if width == 0 || width > widest || !bytes.len().is_multiple_of(width) {
            return Err(HeError::PlaintextWidth { bytes: width });
        }
        let count = bytes.len() / width;
        let mut magnitudes = Numbers::zero(width.div_ceil(8), count);
        let mut negative = Zeroizing::new(vec![0; count]);
        for ((bytes, out), sign) in bytes.chunks_exact(width).zip(magnitudes.iter_mut()).zip(negative.iter_mut()) {
            *sign = bytes[0] >> 7;
            read_be(bytes, out);
            // Sign extension within the top limb, then the magnitude.
            let missing = width.next_multiple_of(8) - width;
            if let Some(top) = out.last_mut() {
                *top |= 0u64.wrapping_sub(u64::from(*sign)) & !(u64::MAX >> (8 * missing));
            }
            negate_if(out, u64::from(*sign));
        }
        Ok(Plaintexts { magnitudes, negative })
    }

    pub(crate) fn count(&self) -> usize {
        self.magnitudes.count()
    }

    /// 1 if the number is negative.
    pub(crate) fn sign(&self, index: usize) -> u64 {
        self.negative[index].into()
    }
}

impl PublicKey {
    /// Residues as two's complement numbers as wide as n. One that is neither up to a third of n nor within a third of it from
    /// above is the error, after all were looked at.
    pub(crate) fn signed(&self, residues: &mut Numbers) -> Result<(), HeError> {
        all_good(residues.iter_mut().map(|residue| self.signed_one(residue)))
            .map_err(|index| HeError::Overflow { index })
    }

    /// 1 if the number is in range. No branch on it, nor on its sign.
    fn signed_one(&self, residue: &mut [u64]) -> u64 {
        let negative = less(&self.third, residue);
        let mut distance = Zeroizing::new(self.n.n().to_vec());
        sub(&mut distance, residue);
        let over = negative & less(&self.third, &distance);
        let mask = 0u64.wrapping_sub(negative);
        let n: Zeroizing<Vec<u64>> = Zeroizing::new(self.n.n().iter().map(|limb| limb & mask).collect());
        sub(residue, &n);
        over ^ 1
    }
}

/// out = other where `sign` is 1, out where it is 0.
pub(crate) fn choose(out: &mut [u64], other: &[u64], sign: u64) {
    let choice = sign.ct_eq(&1);
    out.iter_mut().zip(other).for_each(|(out, other)| out.conditional_assign(other, choice));
}
