//! The schemes whose plaintexts have a range of their own: Okamoto-Uchiyama and ElGamal.

use he::Additive;
use zeroize::Zeroizing;

use crate::error::RunError;
use crate::program::computation::Computation;
use crate::program::key::Key;
use crate::work::Work;
use crate::workshop::Watch;

impl Computation {
    pub(super) fn okamoto_uchiyama(&mut self, block: &[u8], watch: &Watch<'_>) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let Key::OkamotoUchiyama { public, private } = &self.key else { return Err(RunError::NoKey) };
        let key = public.clone();
        let Work::Decrypt { .. } = self.inputs.spec.work else { return self.evaluate(&*key, block, watch) };
        let private = private.as_ref().ok_or(RunError::NoPrivate)?;
        let table = self.table(&*key, block)?;
        let clear =
            self.workshop.turn(&mut self.used, watch, |engine, control| private.decrypt(engine, &table, control))?;
        (watch.done)(table.count() as u64);
        Ok(clear)
    }

    pub(super) fn elgamal(&mut self, block: &[u8], watch: &Watch<'_>) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let Key::ElGamal { public, private } = &self.key else { return Err(RunError::NoKey) };
        let key = public.clone();
        let Work::Decrypt { .. } = self.inputs.spec.work else { return self.evaluate(&*key, block, watch) };
        let private = private.as_ref().ok_or(RunError::NoPrivate)?;
        let logarithms = self.workshop.logarithms()?;
        let table = key.trust(block)?;
        let clear = self
            .workshop
            .turn(&mut self.used, watch, |engine, control| private.decrypt(engine, &logarithms, &table, control))?;
        (watch.done)(table.count() as u64);
        Ok(clear)
    }
}
