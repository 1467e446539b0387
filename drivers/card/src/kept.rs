//! Key contexts that stay on a card from batch to batch, so that a key's table is built once and not for each batch.

use crate::{
    error::CardError,
    loaded::{ContextId, LoadedCard},
    task::Key,
    transport::Transport,
};

/// Contexts that may stay on a card.
const KEPT: usize = 4;

/// The contexts that stay on one card, the one used last at the end.
#[derive(Default)]
pub(crate) struct KeptContexts(Vec<KeptContext>);

struct KeptContext {
    context: ContextId,
    modulus: Vec<u64>,
    /// With the longest exponent in bits.
    base: Option<(Vec<u64>, usize)>,
}

impl KeptContexts {
    /// The key's context, loaded if it is not there; and whether it stays. One that does not is the caller's to unload.
    pub(crate) fn open<T: Transport>(
        &mut self,
        card: &mut LoadedCard<T>,
        key: &Key<'_>,
    ) -> Result<(ContextId, bool), CardError> {
        // One place is always left for keys that do not stay.
        let room = KEPT.min(card.identity().contexts - 1);
        if !key.keep || room == 0 {
            return Ok((card.load_context(key.modulus, key.base)?, false));
        }
        if let Some(at) = self.0.iter().position(|kept| kept.is(key)) {
            let found = self.0.remove(at);
            let context = found.context;
            self.0.push(found);
            return Ok((context, true));
        }
        if self.0.len() >= room {
            card.unload_context(self.0.remove(0).context)?;
        }
        let context = card.load_context(key.modulus, key.base)?;
        let base = key.base.map(|(base, bits)| (base.to_vec(), bits));
        self.0.push(KeptContext { context, modulus: key.modulus.to_vec(), base });
        Ok((context, true))
    }

    /// A reset has taken them all.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

impl KeptContext {
    /// The comparison may tell where they differ: only what is public stays.
    fn is(&self, key: &Key<'_>) -> bool {
        self.modulus == key.modulus && self.base.as_ref().map(|(base, bits)| (base.as_slice(), *bits)) == key.base
    }
}
