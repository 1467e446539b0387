//! Loading keys into a card, and having it forget them.

use std::time::Instant;

use card_csr::{Descriptor, Operation, table_bytes};
use zeroize::Zeroizing;

use crate::{
    batch::EMPTY,
    error::CardError,
    limbs::{fits, less_than},
    loaded::{Context, ContextId, LoadedCard},
    radix::r_squared,
    transport::Transport,
};

impl<T: Transport> LoadedCard<T> {
    /// Loads an odd modulus above 1. With a base (below the modulus, as wide as it) and the longest exponent in bits, the
    /// card builds the base's table for [`LoadedCard::fixed_base`].
    pub fn load_context(&mut self, modulus: &[u64], base: Option<(&[u64], usize)>) -> Result<ContextId, CardError> {
        self.in_service()?;
        self.check_context(modulus, base)?;
        let index = self
            .contexts
            .iter()
            .position(Option::is_none)
            .ok_or(CardError::ContextsFull { count: self.contexts.len() })?;
        let exponent_bits = base.map_or(0, |(_, bits)| bits);
        let loaded = self.load(index as u16, modulus, base.map(|(base, _)| base), exponent_bits);
        self.keep_or_fail(loaded)?;
        self.serial += 1;
        self.contexts[index] = Some(Context {
            serial: self.serial,
            index: index as u16,
            modulus: Zeroizing::new(modulus.to_vec()),
            exponent_bits,
            vector_items: 0,
        });
        Ok(ContextId { index: index as u16, serial: self.serial })
    }

    /// Has the card zeroize a context.
    pub fn unload_context(&mut self, id: ContextId) -> Result<(), CardError> {
        self.in_service()?;
        self.context(id)?;
        let descriptor = Descriptor { operation: Operation::UnloadContext, context: id.index, ..EMPTY };
        let unloaded = self.run_alone(descriptor);
        self.keep_or_fail(unloaded)?;
        self.contexts[usize::from(id.index)] = None;
        Ok(())
    }

    fn check_context(&self, modulus: &[u64], base: Option<(&[u64], usize)>) -> Result<(), CardError> {
        let refuse = |what| Err(CardError::Argument { what });
        if modulus.is_empty() || modulus.len() * 64 > self.identity.max_bits {
            return refuse("the width of the modulus");
        }
        if modulus[0] & 1 == 0 || fits(modulus, 1) {
            return refuse("the modulus is even or 1");
        }
        let Some((base, bits)) = base else { return Ok(()) };
        if base.len() != modulus.len() || !less_than(base, modulus) {
            return refuse("the base is not below the modulus");
        }
        if bits == 0 || bits > self.identity.max_exponent_bits {
            return refuse("the length of fixed-base exponents");
        }
        if table_bytes(bits, modulus.len()) > self.identity.table_bytes {
            return refuse("the fixed-base table does not fit the card's memory");
        }
        Ok(())
    }

    fn load(
        &mut self,
        context: u16,
        modulus: &[u64],
        base: Option<&[u64]>,
        exponent_bits: usize,
    ) -> Result<(), CardError> {
        let source = self.layout.slot(0);
        let (width, aux) = (modulus.len() * 8, source + modulus.len() * 16);
        let r_squared = r_squared(modulus, self.identity.multiplier_digit)
            .ok_or(CardError::Argument { what: "the modulus is even or 1" })?;
        self.transport.dma_write(source, modulus)?;
        self.transport.dma_write(source + width, &r_squared)?;
        if let Some(base) = base {
            self.transport.dma_write(aux, base)?;
        }
        let descriptor = Descriptor {
            operation: Operation::LoadContext,
            context,
            items: 1,
            limbs: modulus.len() as u16,
            exponent_bits: exponent_bits as u16,
            source: self.layout.iova(source),
            aux: if base.is_some() { self.layout.iova(aux) } else { 0 },
            ..EMPTY
        };
        // Each engine keeps modulus and R^2; one builds the table.
        self.counters.dma_bytes += (2 * width * self.identity.engines + base.map_or(0, |_| width)) as u64;
        let loaded = self.run_alone(descriptor);
        // A modulus may be a secret factor.
        self.transport.dma_wipe(source, 3 * width)?;
        loaded
    }

    /// Runs one job that writes nothing, with no other in flight.
    fn run_alone(&mut self, descriptor: Descriptor) -> Result<(), CardError> {
        let job = self.job(&descriptor, 0, 0, 0);
        let deadline = Instant::now() + job.allowance + 2 * job.floor;
        self.submit(descriptor, job)?;
        self.wait_completion(deadline)?;
        Ok(())
    }
}
