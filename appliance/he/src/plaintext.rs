//! Signed integers as residues modulo n, and back.

use engine::read_be;
use zeroize::Zeroizing;

use crate::limbs::{add, less, negate_if};
use crate::public::complement;
use crate::{HeError, PublicKey};

impl PublicKey {
    /// A two's complement big-endian integer as a residue: m, or n - |m|. `index` is for the error.
    pub(crate) fn residue(&self, bytes: &[u8], index: usize, out: &mut [u64]) -> Result<(), HeError> {
        read_be(bytes, out);
        let negative = u64::from(bytes.first().copied().unwrap_or(0) >> 7);
        // Sign extension, then the magnitude.
        for (limb, at) in out.iter_mut().zip((0..).step_by(8)) {
            let have = bytes.len().saturating_sub(at).min(8) * 8;
            let missing = if have == 64 { 0 } else { u64::MAX << have };
            *limb |= 0u64.wrapping_sub(negative) & missing;
        }
        negate_if(out, negative);
        if less(&self.third, out) == 1 {
            return Err(HeError::PlaintextRange { index });
        }
        // -|m| modulo n: negate and add n, or do neither.
        negate_if(out, negative);
        let mask = 0u64.wrapping_sub(negative);
        let n: Zeroizing<Vec<u64>> = Zeroizing::new(self.n.n().iter().map(|limb| limb & mask).collect());
        add(out, &n);
        Ok(())
    }

    /// A residue as a two's complement number as wide as n.
    pub(crate) fn signed(&self, residue: &mut [u64], index: usize) -> Result<(), HeError> {
        let negative = less(&self.third, residue);
        let distance = Zeroizing::new(complement(self.n.n(), residue));
        if negative == 1 && less(&self.third, &distance) == 1 {
            return Err(HeError::Overflow { index });
        }
        let mask = 0u64.wrapping_sub(negative);
        let n: Zeroizing<Vec<u64>> = Zeroizing::new(self.n.n().iter().map(|limb| limb & mask).collect());
        crate::limbs::sub(residue, &n);
        Ok(())
    }
}
