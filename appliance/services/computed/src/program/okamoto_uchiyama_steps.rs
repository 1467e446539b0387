//! Okamoto-Uchiyama's operations.

use engine::{Control, Engine};
use he::HeError;
use he::okamoto_uchiyama::{Ciphertexts, PublicKey};
use zeroize::Zeroizing;

use crate::error::RunError;
use crate::program::additive::{Additive, evaluates, integers};
use crate::program::computation::Computation;
use crate::program::key::Key;
use crate::work::Work;
use crate::workshop::Watch;

impl Computation {
    pub(super) fn okamoto_uchiyama(&mut self, block: &[u8], watch: &Watch<'_>) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let Key::OkamotoUchiyama { public, private } = &self.key else { return Err(RunError::NoKey) };
        let key = public.clone();
        let result = match self.inputs.spec.work {
            Work::Encrypt { without_obfuscation, plaintext_bytes: width, .. } => {
                let encrypt = |engine: &Engine, control: Control<'_>| match without_obfuscation {
                    true => key.embed(engine, block, width, control),
                    false => key.encrypt(engine, block, width, control),
                };
                let encrypted = self.workshop.turn(&mut self.used, watch, encrypt)?;
                Zeroizing::new(encrypted.to_be(&key))
            }
            Work::Decrypt { .. } => {
                let private = private.as_ref().ok_or(RunError::NoPrivate)?;
                let table = key.read(&self.workshop.engine, block, self.inputs.trusted)?;
                self.workshop.turn(&mut self.used, watch, |engine, control| private.decrypt(engine, &table, control))?
            }
            _ => return self.evaluate(&*key, block, watch),
        };
        (watch.done)((block.len() / self.inputs.layout.operand_bytes) as u64);
        Ok(result)
    }
}

impl Additive for PublicKey {
    type Table = Ciphertexts;

    fn width(&self) -> usize {
        self.ciphertext_bytes()
    }

    fn read(&self, engine: &Engine, bytes: &[u8], trusted: bool) -> Result<Ciphertexts, HeError> {
        if trusted { self.trust(bytes) } else { self.accept(engine, bytes) }
    }

    fn written(&self, table: &Ciphertexts) -> Vec<u8> {
        table.to_be(self)
    }

    fn multiplied(
        &self,
        engine: &Engine,
        a: &Ciphertexts,
        factors: &[u8],
        width: usize,
        control: Control<'_>,
    ) -> Result<Ciphertexts, HeError> {
        self.multiply(engine, a, &integers(factors, width), control)
    }

    evaluates!(obfuscate);
}
