//! Signed integers as residues modulo n, within a range that the encoding chooses.

use engine::{read_be, write_be};
use zeroize::{Zeroize, Zeroizing};

use crate::HeError;
use limbs::{add, less, negate_if, sub};

/// Encoded numbers.
pub struct Encoded {
    /// Big-endian residues below n, each as wide as n in whole limbs: what [`crate::PublicKey`] encrypts.
    pub residues: Zeroizing<Vec<u8>>,
    /// The power of 16 of each.
    pub exponents: Vec<i32>,
}

/// Residues modulo n that stand for integers of magnitude at most `max`.
pub(crate) struct Range {
    n: Vec<u64>,
    max: Vec<u64>,
}

impl Range {
    /// `n` big-endian; `max` is n / `divisor` less `margin`.
    pub(crate) fn new(n: &[u8], divisor: u64, margin: u64) -> Result<Range, HeError> {
        let n = &n[n.iter().take_while(|byte| **byte == 0).count()..];
        let mut words = vec![0; n.len().div_ceil(8)];
        read_be(n, &mut words);
        if words.len() < 4 || words[0] & 1 == 0 {
            return Err(HeError::Key { what: "n is even, or has less than 256 bits" });
        }
        let mut max = vec![0; words.len()];
        let mut rest = 0u128;
        for (quotient, limb) in max.iter_mut().zip(&words).rev() {
            let value = rest << 64 | u128::from(*limb);
            (*quotient, rest) = ((value / u128::from(divisor)) as u64, value % u128::from(divisor));
        }
        sub(&mut max, &[margin]);
        Ok(Range { n: words, max })
    }

    pub(crate) fn limbs(&self) -> usize {
        self.n.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.n.len() * 8
    }

    /// Bits of n.
    pub(crate) fn bits(&self) -> usize {
        self.n.len() * 64 - self.n.last().map_or(0, |limb| limb.leading_zeros() as usize)
    }

    pub(crate) fn holds(&self, magnitude: &[u64]) -> bool {
        less(&self.max, magnitude) == 0
    }

    /// The residue of -magnitude if `negative` is 1, of magnitude if it is 0.
    pub(crate) fn write(&self, negative: u64, magnitude: &mut [u64], out: &mut [u8]) {
        let nonzero = less(&vec![0; self.limbs()], magnitude);
        negate_if(magnitude, negative);
        let mask = 0u64.wrapping_sub(negative & nonzero);
        let n = Zeroizing::new(self.n.iter().map(|limb| limb & mask).collect::<Vec<u64>>());
        add(magnitude, &n);
        write_be(magnitude, out);
    }

    /// Sign and magnitude of residue `index`; one that is not below n, or stands for no number in range, is an error.
    pub(crate) fn read(&self, encoded: &Encoded, index: usize) -> Result<(u64, Zeroizing<Vec<u64>>), HeError> {
        let mut residue = self.residue(encoded, index)?;
        let negative = less(&self.max, &residue);
        let mut distance = Zeroizing::new(self.n.clone());
        sub(&mut distance, &residue);
        let mask = 0u64.wrapping_sub(negative);
        residue.iter_mut().zip(distance.iter()).for_each(|(r, d)| *r ^= (*r ^ *d) & mask);
        // secret: whether it stands for a number in range: true in every call that goes on, and otherwise an error that names it.
        match self.holds(&residue) {
            true => Ok((negative, residue)),
            false => Err(HeError::Overflow { index }),
        }
    }

    /// Residue `index`, below n.
    pub(crate) fn residue(&self, encoded: &Encoded, index: usize) -> Result<Zeroizing<Vec<u64>>, HeError> {
        let mut residue = Zeroizing::new(vec![0; self.limbs()]);
        read_be(&encoded.residues[index * self.bytes()..][..self.bytes()], &mut residue);
        // secret: the same of the residue.
        match less(&residue, &self.n) {
            1 => Ok(residue),
            _ => Err(HeError::ElementRange { what: "residue", index }),
        }
    }

    /// A number made of each residue. They are never moved, so that no copy stays behind.
    pub(crate) fn each<T: Zeroize>(
        &self,
        encoded: &Encoded,
        number: impl Fn(usize) -> Result<T, HeError>,
    ) -> Result<Zeroizing<Vec<T>>, HeError> {
        let count = self.count(encoded)?;
        let mut out = Zeroizing::new(Vec::with_capacity(count));
        for index in 0..count {
            // secret: whether it is good: an error that names it.
            out.push(number(index)?);
        }
        Ok(out)
    }

    /// How many numbers there are, if residues and exponents fit together.
    pub(crate) fn count(&self, encoded: &Encoded) -> Result<usize, HeError> {
        if encoded.residues.len() != encoded.exponents.len() * self.bytes() {
            return Err(HeError::Shape { what: "there are not as many residues, each as wide as n, as exponents" });
        }
        Ok(encoded.exponents.len())
    }
}
