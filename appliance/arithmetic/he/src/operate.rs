//! Paillier's ciphertexts: units modulo n^2.

use engine::units::first_without_inverse;
use engine::{Control, Engine, Modulus, Numbers};

use crate::plaintext::Plaintexts;
use crate::residues::Residues;
use crate::{Additive, Ciphertexts, HeError, PublicKey};

impl Residues for PublicKey {
    type Table = Ciphertexts;

    fn modulus(&self) -> &Modulus {
        &self.n_squared
    }

    fn plaintext_width(&self) -> usize {
        self.plaintext_bytes()
    }

    /// A third of n is above 2^(bits - 3).
    fn room(&self) -> usize {
        self.bits() - 3
    }

    fn numbers(table: &Ciphertexts) -> &Numbers {
        &table.0
    }

    fn made(numbers: Numbers) -> Ciphertexts {
        Ciphertexts(numbers)
    }
}

impl Additive for PublicKey {
    /// The width of n^2, in whole limbs.
    fn ciphertext_bytes(&self) -> usize {
        self.n_squared.limbs() * 8
    }

    /// Big-endian, each in 0 < c < n^2, and a unit.
    fn accept(&self, engine: &Engine, data: &[u8]) -> Result<Ciphertexts, HeError> {
        let numbers = self.trust(data)?.0;
        let bad = match numbers.iter().position(|c| c.iter().all(|limb| *limb == 0)) {
            None => first_without_inverse(engine.cpu(), &self.n_squared, &numbers)?,
            bad => bad,
        };
        match bad {
            Some(index) => Err(HeError::CiphertextRange { index }),
            None => Ok(Ciphertexts(numbers)),
        }
    }

    fn trust(&self, data: &[u8]) -> Result<Ciphertexts, HeError> {
        let needed = self.ciphertext_bytes();
        if !data.len().is_multiple_of(needed) {
            return Err(HeError::CiphertextWidth { bytes: data.len() % needed, needed });
        }
        let numbers = Numbers::from_be(needed, data)?;
        match numbers.iter().position(|c| !self.n_squared.contains(c)) {
            Some(index) => Err(HeError::CiphertextRange { index }),
            None => Ok(Ciphertexts(numbers)),
        }
    }

    fn encoded(&self, ciphertexts: &Ciphertexts) -> Vec<u8> {
        ciphertexts.to_be()
    }

    /// Magnitudes up to n / 3.
    fn encrypt(
        &self,
        engine: &Engine,
        plaintexts: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        self.obfuscated(engine, &Plaintexts::signed(self, plaintexts, width)?, control)
    }

    /// 1 + m n.
    fn embed(
        &self,
        engine: &Engine,
        plaintexts: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        Ok(Ciphertexts(self.embedded(engine, &Plaintexts::signed(self, plaintexts, width)?, control)?))
    }

    fn obfuscate(
        &self,
        engine: &Engine,
        ciphertexts: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        self.times_obfuscators(engine, &ciphertexts.0, control)
    }
}
