//! Ciphertexts: units modulo n.

use engine::units::first_without_inverse;
use engine::{Control, Engine, Modulus, Numbers};

use super::{Ciphertexts, PLAINTEXT_BITS, PLAINTEXT_LIMBS, PublicKey};
use crate::batch::{bytes_of, random_limbs, read_below};
use crate::residues::Residues;
use crate::{Additive, HeError};

impl Residues for PublicKey {
    type Table = Ciphertexts;

    fn modulus(&self) -> &Modulus {
        &self.n
    }

    fn plaintext_width(&self) -> usize {
        (PLAINTEXT_LIMBS + 1) * 8
    }

    fn room(&self) -> usize {
        PLAINTEXT_BITS
    }

    fn numbers(table: &Ciphertexts) -> &Numbers {
        &table.0
    }

    fn made(numbers: Numbers) -> Ciphertexts {
        Ciphertexts(numbers)
    }
}

impl Additive for PublicKey {
    /// The width of n.
    fn ciphertext_bytes(&self) -> usize {
        bytes_of(&self.n)
    }

    /// Big-endian, each in 0 < c < n, and a unit.
    fn accept(&self, engine: &Engine, data: &[u8]) -> Result<Ciphertexts, HeError> {
        let table = self.trust(data)?;
        match first_without_inverse(engine.cpu(), &self.n, &table.0)? {
            Some(index) => Err(HeError::NotCiphertext { index, what: "no unit: it shares a factor with n" }),
            None => Ok(table),
        }
    }

    fn trust(&self, data: &[u8]) -> Result<Ciphertexts, HeError> {
        let numbers = read_below(&self.n, self.ciphertext_bytes(), data, "ciphertext").map_err(|e| match e {
            HeError::ElementRange { index, .. } => HeError::NotCiphertext { index, what: "not below n" },
            e => e,
        })?;
        match numbers.iter().position(|c| c.iter().all(|limb| *limb == 0)) {
            Some(index) => Err(HeError::NotCiphertext { index, what: "0" }),
            None => Ok(Ciphertexts(numbers)),
        }
    }

    fn encoded(&self, ciphertexts: &Ciphertexts) -> Vec<u8> {
        ciphertexts.to_be(self)
    }

    /// Magnitudes below 2^256.
    fn encrypt(
        &self,
        engine: &Engine,
        plaintexts: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        self.obfuscate(engine, &self.embed(engine, plaintexts, width, control)?, control)
    }

    /// g^m. `control` hears of each once.
    fn embed(
        &self,
        engine: &Engine,
        plaintexts: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let exponents = self.exponents(plaintexts, width)?;
        Ok(Ciphertexts(engine.pow_fixed_base(&self.g, &exponents, control)?))
    }

    /// Times fresh h^r.
    fn obfuscate(
        &self,
        engine: &Engine,
        ciphertexts: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        let mut random = Numbers::zero(self.h.exponent_bits() / 64, ciphertexts.count());
        for r in random.iter_mut() {
            random_limbs(r)?;
        }
        Ok(Ciphertexts(engine.pow_fixed_base_times(&self.h, &random, &ciphertexts.0, control)?))
    }
}
