//! Powers of the elements of a Diffie-Hellman group.

use zeroize::Zeroizing;

use crate::error::RunError;
use crate::program::computation::Computation;
use crate::program::key::Key;
use crate::workshop::Watch;

impl Computation {
    pub(super) fn group_powers(&mut self, block: &[u8], watch: &Watch<'_>) -> Result<Zeroizing<Vec<u8>>, RunError> {
        let Key::DiffieHellman { group, private } = &self.key else { return Err(RunError::NoKey) };
        let private = private.as_ref().ok_or(RunError::NoPrivate)?;
        // Another job's result may be anything of this width: it is looked at like what is sent.
        let elements = group.accept(&self.workshop.engine, block)?;
        let powers = self
            .workshop
            .turn(&mut self.used, watch, |engine, control| private.agree(engine, group, &elements, control))?;
        (watch.done)(elements.count() as u64);
        Ok(powers)
    }
}
