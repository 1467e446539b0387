//! Obfuscators made in advance.

use engine::Numbers;

use crate::{HeError, PublicKey};

/// n-th powers modulo n^2, secret until they are used, each for one plaintext: not to be copied, wiped on drop.
pub struct Obfuscators {
    numbers: Numbers,
    /// The key's n: another key's obfuscators would make ciphertexts that do not decrypt.
    n: Vec<u8>,
}

impl Obfuscators {
    pub(crate) fn new(key: &PublicKey, numbers: Numbers) -> Obfuscators {
        Obfuscators { numbers, n: key.n_be() }
    }

    pub fn count(&self) -> usize {
        self.numbers.count()
    }

    /// Takes the last `count`, or all if there are fewer: they are no longer here.
    pub fn take(&mut self, count: usize) -> Result<Obfuscators, HeError> {
        let left = self.count() - count.min(self.count());
        let taken = self.numbers.slice(left..self.count());
        self.numbers = self.numbers.slice(0..left);
        Ok(Obfuscators { numbers: taken, n: self.n.clone() })
    }

    /// Puts others of the same key to these.
    pub fn join(&mut self, others: Obfuscators) -> Result<(), HeError> {
        if others.n != self.n {
            return Err(HeError::Key { what: "the obfuscators are another key's" });
        }
        let none = Numbers::zero(self.numbers.limbs(), 0);
        self.numbers = std::mem::replace(&mut self.numbers, none).joined(&others.numbers)?;
        Ok(())
    }

    pub(crate) fn numbers(&self, key: &PublicKey) -> Result<&Numbers, HeError> {
        if self.n != key.n_be() {
            return Err(HeError::Key { what: "the obfuscators are another key's" });
        }
        Ok(&self.numbers)
    }
}
