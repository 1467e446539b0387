//! Ciphertexts that were checked.

use engine::Numbers;

/// Numbers between 0 and n^2 that a [`crate::PublicKey`] accepted or made.
pub struct Ciphertexts(pub(crate) Numbers);

impl Ciphertexts {
    pub fn count(&self) -> usize {
        self.0.count()
    }

    /// Big-endian, each as wide as n^2.
    pub fn to_be(&self) -> Vec<u8> {
        self.0.to_be(self.0.limbs() * 8)
    }
}
