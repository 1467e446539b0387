//! Plaintexts: signed integers, or residues modulo n.

use engine::{Numbers, read_be};
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use crate::limbs::{less, negate_if, sub};
use crate::public::complement;
use crate::{HeError, PublicKey};

/// Magnitudes and signs that fit a key: as wide as the caller's numbers, so that short ones cost less.
pub(crate) struct Plaintexts {
    pub(crate) magnitudes: Numbers,
    /// 1 where the number is negative.
    negative: Zeroizing<Vec<u8>>,
}

impl Plaintexts {
    /// Two's complement big-endian integers of `width` bytes, of magnitude at most n / 3.
    pub(crate) fn signed(public: &PublicKey, bytes: &[u8], width: usize) -> Result<Plaintexts, HeError> {
        let plaintexts = Plaintexts::any(bytes, width, public.plaintext_bytes())?;
        let over = |magnitude: &[u64]| magnitude.len() == public.third.len() && less(&public.third, magnitude) == 1;
        match plaintexts.magnitudes.iter().position(over) {
            Some(index) => Err(HeError::PlaintextRange { index }),
            None => Ok(plaintexts),
        }
    }

    /// Big-endian residues below n, as wide as n.
    pub(crate) fn residues(public: &PublicKey, bytes: &[u8]) -> Result<Plaintexts, HeError> {
        let width = public.plaintext_bytes();
        if !bytes.len().is_multiple_of(width) {
            return Err(HeError::PlaintextWidth { bytes: bytes.len() % width });
        }
        let magnitudes = Numbers::from_be(width, bytes)?;
        match magnitudes.iter().position(|m| !public.n.contains(m)) {
            Some(index) => Err(HeError::ResidueRange { index }),
            None => Ok(Plaintexts { negative: Zeroizing::new(vec![0; magnitudes.count()]), magnitudes }),
        }
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
    /// A residue as a two's complement number as wide as n.
    pub(crate) fn signed(&self, residue: &mut [u64], index: usize) -> Result<(), HeError> {
        let negative = less(&self.third, residue);
        let distance = Zeroizing::new(complement(self.n.n(), residue));
        if negative == 1 && less(&self.third, &distance) == 1 {
            return Err(HeError::Overflow { index });
        }
        let mask = 0u64.wrapping_sub(negative);
        let n: Zeroizing<Vec<u64>> = Zeroizing::new(self.n.n().iter().map(|limb| limb & mask).collect());
        sub(residue, &n);
        Ok(())
    }
}

/// out = other where `sign` is 1, out where it is 0.
pub(crate) fn choose(out: &mut [u64], other: &[u64], sign: u64) {
    let choice = sign.ct_eq(&1);
    out.iter_mut().zip(other).for_each(|(out, other)| out.conditional_assign(other, choice));
}
