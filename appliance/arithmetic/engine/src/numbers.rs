//! Many numbers of one width.

use zeroize::Zeroizing;

use crate::error::EngineError;

/// Equally wide numbers, one after another in one allocation that is wiped on drop.
pub struct Numbers {
    limbs: usize,
    words: Zeroizing<Vec<u64>>,
}

impl Numbers {
    pub fn zero(limbs: usize, count: usize) -> Numbers {
        Numbers { limbs: limbs.max(1), words: Zeroizing::new(vec![0; limbs.max(1) * count]) }
    }

    pub fn from_words(limbs: usize, words: Vec<u64>) -> Result<Numbers, EngineError> {
        if limbs == 0 || !words.len().is_multiple_of(limbs) {
            return Err(EngineError::Shape { what: "words end within a number" });
        }
        Ok(Numbers { limbs, words: Zeroizing::new(words) })
    }

    /// From equally wide big-endian numbers of `bytes` bytes each.
    pub fn from_be(bytes: usize, data: &[u8]) -> Result<Numbers, EngineError> {
        if bytes == 0 || !data.len().is_multiple_of(bytes) {
            return Err(EngineError::Shape { what: "bytes end within a number" });
        }
        let limbs = bytes.div_ceil(8);
        let mut numbers = Numbers::zero(limbs, data.len() / bytes);
        for (item, be) in numbers.iter_mut().zip(data.chunks_exact(bytes)) {
            read_be(be, item);
        }
        Ok(numbers)
    }

    /// Equally wide big-endian numbers of `bytes` bytes; the caller knows that they fit.
    pub fn to_be(&self, bytes: usize) -> Vec<u8> {
        let mut out = vec![0; bytes * self.count()];
        for (item, be) in self.iter().zip(out.chunks_exact_mut(bytes)) {
            write_be(item, be);
        }
        out
    }

    pub fn limbs(&self) -> usize {
        self.limbs
    }

    pub fn count(&self) -> usize {
        self.words.len() / self.limbs
    }

    pub fn words(&self) -> &[u64] {
        &self.words
    }

    pub fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    pub fn item(&self, index: usize) -> &[u64] {
        &self.words[index * self.limbs..][..self.limbs]
    }

    pub fn item_mut(&mut self, index: usize) -> &mut [u64] {
        let limbs = self.limbs;
        &mut self.words[index * limbs..][..limbs]
    }

    /// A copy of some of them.
    pub fn slice(&self, items: std::ops::Range<usize>) -> Numbers {
        let words = self.words[items.start * self.limbs..items.end * self.limbs].to_vec();
        Numbers { limbs: self.limbs, words: Zeroizing::new(words) }
    }

    /// The same numbers with zeros above, or without their upper limbs, which the caller knows to be zero.
    pub fn widened(&self, limbs: usize) -> Numbers {
        let mut wide = Numbers::zero(limbs, self.count());
        let common = limbs.min(self.limbs);
        wide.iter_mut().zip(self.iter()).for_each(|(wide, item)| wide[..common].copy_from_slice(&item[..common]));
        wide
    }

    /// A copy of those at these indices.
    pub fn pick(&self, indices: &[usize]) -> Numbers {
        let mut picked = Numbers::zero(self.limbs, indices.len());
        picked.iter_mut().zip(indices).for_each(|(to, index)| to.copy_from_slice(self.item(*index)));
        picked
    }

    /// These, then others of the same width.
    pub fn joined(mut self, others: &Numbers) -> Result<Numbers, EngineError> {
        if others.limbs != self.limbs {
            return Err(EngineError::Shape { what: "numbers of two widths" });
        }
        let words = [self.words.as_slice(), others.words()].concat();
        self.words = Zeroizing::new(words);
        Ok(self)
    }

    pub fn iter(&self) -> std::slice::ChunksExact<'_, u64> {
        self.words.chunks_exact(self.limbs)
    }

    pub fn iter_mut(&mut self) -> std::slice::ChunksExactMut<'_, u64> {
        let limbs = self.limbs;
        self.words.chunks_exact_mut(limbs)
    }
}

/// A big-endian number into limbs, zero-extended or cut.
pub fn read_be(bytes: &[u8], limbs: &mut [u64]) {
    limbs.fill(0);
    for (limb, chunk) in limbs.iter_mut().zip(bytes.rchunks(8)) {
        *limb = chunk.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    }
}

/// Limbs into a big-endian number, zero-extended or cut.
pub fn write_be(limbs: &[u64], bytes: &mut [u8]) {
    bytes.fill(0);
    for (limb, chunk) in limbs.iter().zip(bytes.rchunks_mut(8)) {
        let be = limb.to_be_bytes();
        let size = chunk.len();
        chunk.copy_from_slice(&be[8 - size..]);
    }
}

/// `width` bits (at most 32) of a number from bit `from` on; zeros above its end.
pub(crate) fn window(number: &[u64], from: usize, width: usize) -> u64 {
    let (limb, shift) = (from / 64, from % 64);
    let at = |i: usize| u128::from(number.get(i).copied().unwrap_or(0));
    (((at(limb + 1) << 64 | at(limb)) >> shift) as u64) & ((1 << width) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn big_endian_comes_back() {
        let data: Vec<u8> = (1..=22).collect();
        let numbers = Numbers::from_be(11, &data).unwrap();
        assert_eq!((numbers.limbs(), numbers.count()), (2, 2));
        assert_eq!(numbers.item(0), [0x0405060708090a0b, 0x010203]);
        assert_eq!(numbers.to_be(11), data);
        assert!(Numbers::from_be(7, &data).is_err());
    }
}
