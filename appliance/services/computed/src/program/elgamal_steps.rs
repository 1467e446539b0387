//! ElGamal's operations.

use engine::{Control, Engine};
use he::HeError;
use he::elgamal::{Ciphertexts, PublicKey, RANGE_BITS, check_range};
use zeroize::Zeroizing;

use crate::error::RunError;
use crate::program::additive::{Additive, evaluates, integers};
use crate::program::computation::Computation;
use crate::program::key::Key;
use crate::work::Work;
use crate::workshop::Watch;

impl Computation {
    pub(super) fn elgamal(&mut self, block: &[u8], watch: &Watch<'_>) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let Key::ElGamal { public, private } = &self.key else { return Err(RunError::NoKey) };
        let key = public.clone();
        let result = match self.inputs.spec.work {
            Work::Encrypt { without_obfuscation, plaintext_bytes: width, .. } => {
                let plaintexts = integers(block, width);
                // Beyond it nobody would find them again.
                check_range(&plaintexts, RANGE_BITS)?;
                let encrypt = |engine: &Engine, control: Control<'_>| match without_obfuscation {
                    true => key.embed(engine, &plaintexts, control),
                    false => key.encrypt(engine, &plaintexts, control),
                };
                Zeroizing::new(self.workshop.turn(&mut self.used, watch, encrypt)?.to_bytes())
            }
            Work::Decrypt { .. } => {
                let private = private.as_ref().ok_or(RunError::NoPrivate)?;
                let logarithms = self.workshop.logarithms()?;
                let table = Ciphertexts::from_bytes(block)?;
                let decrypt =
                    |engine: &Engine, control: Control<'_>| private.decrypt(engine, &logarithms, &table, control);
                let clear = self.workshop.turn(&mut self.used, watch, decrypt)?;
                let mut bytes = Zeroizing::new(Vec::with_capacity(clear.len() * 8));
                clear.iter().for_each(|m| bytes.extend_from_slice(&m.to_be_bytes()));
                bytes
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
        Ciphertexts::BYTES
    }

    /// An encoding says by itself whether it is one.
    fn read(&self, _: &Engine, bytes: &[u8], _: bool) -> Result<Ciphertexts, HeError> {
        Ciphertexts::from_bytes(bytes)
    }

    fn written(&self, table: &Ciphertexts) -> Vec<u8> {
        table.to_bytes()
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

    evaluates!(rerandomize);
}
