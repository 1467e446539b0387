//! Obfuscators for one number at a time.
//!
//! Eight cost as much as one where the multiplier has eight lanes, so a program that encrypts one after the other gets
//! them from here. Each is used once.

use std::sync::{Mutex, PoisonError};

use engine::{Control, Engine};
use he::{Additive, Ciphertexts, HeError, PublicKey};
use zeroize::{Zeroize, Zeroizing};

/// Made at a time.
const COUNT: usize = 8;

/// Encryptions of zero, which nobody has seen.
#[derive(Default)]
pub(crate) struct Spare(Mutex<Zeros>);

#[derive(Default)]
struct Zeros {
    /// A forked process has its parent's zeros in its memory, and must not use them too.
    process: u32,
    bytes: Zeroizing<Vec<u8>>,
}

impl Spare {
    /// The same plaintext under a fresh obfuscator; `one` is one ciphertext.
    pub(crate) fn obfuscate(
        &self,
        key: &PublicKey,
        engine: &Engine,
        one: &Ciphertexts,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        key.add(engine, one, &self.take(key, engine, control)?, control)
    }

    fn take(&self, key: &PublicKey, engine: &Engine, control: Control<'_>) -> Result<Ciphertexts, HeError> {
        let mut zeros = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if zeros.process != std::process::id() || zeros.bytes.is_empty() {
            let made = key.encrypt(engine, &[0; COUNT], 1, control)?;
            *zeros = Zeros { process: std::process::id(), bytes: Zeroizing::new(made.to_be()) };
        }
        let left = zeros.bytes.len() - key.ciphertext_bytes();
        let taken = key.trust(&zeros.bytes[left..])?;
        zeros.bytes[left..].zeroize();
        zeros.bytes.truncate(left);
        Ok(taken)
    }
}
