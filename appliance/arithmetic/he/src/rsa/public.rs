//! The public half of a key, and its raw operation.

use engine::{Control, Engine, Modulus, Numbers};

use crate::HeError;
use crate::batch::{bytes_of, modulus_from_be, read_below};
use crate::hash_to_residues::hash_to_residues;

/// The largest modulus taken from others: what a batch costs grows with its cube.
const MAX_BITS: usize = 4096;

/// Encrypts, verifies and blinds.
pub struct PublicKey {
    pub(crate) n: Modulus,
    pub(crate) e: u64,
}

impl PublicKey {
    /// `n` big-endian, of 2048 to 4096 bits; `e` odd, above 2^16 (FIPS 186-5, A.1.1: smaller exponents have a history of
    /// attacks on what surrounds them) and below 2^64.
    pub fn new(n: &[u8], e: u64) -> Result<PublicKey, HeError> {
        let n = modulus_from_be(n)?;
        if !(2048..=MAX_BITS).contains(&n.bits()) {
            return Err(HeError::KeyBits { bits: n.bits() as u32 });
        }
        if e <= 1 << 16 || e & 1 == 0 {
            return Err(HeError::Key { what: "the public exponent is even, or not above 2^16" });
        }
        Ok(PublicKey { n, e })
    }

    /// Bits of n.
    pub fn bits(&self) -> usize {
        self.n.bits()
    }

    /// Bytes of n: the width of every number.
    pub fn bytes(&self) -> usize {
        bytes_of(&self.n)
    }

    /// RSAEP and RSAVP1 (RFC 8017, 5.1.1 and 5.2.2): m^e modulo n of each number of a matrix, all below n. `control` hears of
    /// each once.
    pub fn raw(&self, engine: &Engine, numbers: &[u8], control: Control<'_>) -> Result<Vec<u8>, HeError> {
        let powers = self.power(engine, &self.read(numbers)?, control)?;
        Ok(powers.to_be(self.bytes()))
    }

    /// A number below n for each input, so that nobody knows its root: what RSA-PSI blinds and signs. `domain`, of 1 to 255 bytes, keeps
    /// uses apart. `control` hears of each once.
    pub fn hash(
        &self,
        engine: &Engine,
        inputs: &[&[u8]],
        domain: &[u8],
        control: Control<'_>,
    ) -> Result<Vec<u8>, HeError> {
        Ok(hash_to_residues(engine, &self.n, inputs, domain, control)?.to_be(self.bytes()))
    }

    pub(crate) fn read(&self, numbers: &[u8]) -> Result<Numbers, HeError> {
        read_below(&self.n, self.bytes(), numbers, "number")
    }

    pub(crate) fn power(&self, engine: &Engine, m: &Numbers, control: Control<'_>) -> Result<Numbers, HeError> {
        Ok(engine.cpu().pow_public(&self.n, m, &[self.e], control)?)
    }
}
