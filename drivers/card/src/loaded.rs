//! A card that takes work: its key contexts, its end of life.

use std::time::{Duration, Instant};

use card_csr::{Descriptor, Operation};
use zeroize::Zeroizing;

use crate::{
    CardError, Identity, Transport,
    counters::HostCounters,
    layout::Layout,
    limbs::{fits, less_than},
    probe,
    rings::Rings,
    self_test,
};

/// Building the widest fixed-base table takes most of this on a simulated card.
const LOAD_TIMEOUT: Duration = Duration::from_secs(60);

/// Names a key context on one card, until it is unloaded or the card is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContextId {
    index: u16,
    /// Told apart from every other context that this driver loaded.
    serial: u64,
}

/// A card that has proved itself. Dropping it has the card zeroize everything.
pub struct LoadedCard<T: Transport> {
    pub(crate) transport: T,
    pub(crate) layout: Layout,
    pub(crate) identity: Identity,
    pub(crate) rings: Rings,
    pub(crate) counters: HostCounters,
    pub(crate) lost_interrupts: u32,
    contexts: Vec<Option<Context>>,
    serial: u64,
    failed: bool,
}

/// What the host keeps of a key context: enough to check what goes in and what comes out.
pub(crate) struct Context {
    serial: u64,
    pub(crate) index: u16,
    pub(crate) modulus: Zeroizing<Vec<u64>>,
    /// 0 without a table.
    pub(crate) exponent_bits: usize,
}

impl<T: Transport> LoadedCard<T> {
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// For an event loop that wants to know of completions; see [`Transport::interrupt_fd`].
    pub fn interrupt_fd(&self) -> Result<std::os::fd::OwnedFd, CardError> {
        Ok(self.transport.interrupt_fd()?)
    }

    /// Whether an error has taken the card out of service.
    pub fn is_out_of_service(&self) -> bool {
        self.failed
    }

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

    /// Resets the function and the card and probes it anew. All contexts are gone.
    pub fn reset(&mut self) -> Result<(), CardError> {
        self.failed = true;
        self.contexts.fill_with(|| None);
        self.transport.reset()?;
        let identity = probe::start(&mut self.transport, self.layout)?;
        if identity != self.identity {
            return Err(CardError::Capability { what: "it is not the card that it was before the reset" });
        }
        self.rings = Rings::new(self.layout);
        self.counters = HostCounters::default();
        self.lost_interrupts = 0;
        self.failed = false;
        let tested = self_test::run(self);
        self.keep_or_fail(tested)
    }

    pub(crate) fn new(transport: T, layout: Layout, identity: Identity) -> Self {
        Self {
            transport,
            layout,
            identity,
            rings: Rings::new(layout),
            counters: HostCounters::default(),
            lost_interrupts: 0,
            contexts: std::iter::repeat_with(|| None).take(identity.contexts).collect(),
            serial: 0,
            failed: false,
        }
    }

    pub(crate) fn in_service(&self) -> Result<(), CardError> {
        if self.failed { Err(CardError::OutOfService) } else { Ok(()) }
    }

    pub(crate) fn context(&self, id: ContextId) -> Result<&Context, CardError> {
        self.contexts
            .get(usize::from(id.index))
            .and_then(Option::as_ref)
            .filter(|context| context.serial == id.serial)
            .ok_or(CardError::NoContext)
    }

    /// Passes a result on; an error that speaks against the card first stops it and wipes what it could read.
    pub(crate) fn keep_or_fail<R>(&mut self, result: Result<R, CardError>) -> Result<R, CardError> {
        if let Err(error) = &result
            && !error.is_callers()
        {
            self.failed = true;
            self.contexts.fill_with(|| None);
            self.quiesce();
        }
        result
    }

    /// Best effort: a card that does not even reset is behind an IOMMU, and its mapping ends with the transport.
    fn quiesce(&mut self) {
        let _ = probe::reset(&mut self.transport);
        let _ = self.transport.dma_wipe(0, self.layout.pool());
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
        let aux = source + modulus.len() * 8;
        self.transport.dma_write(source, modulus)?;
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
        self.counters.dma_bytes += 8 * (modulus.len() + base.map_or(0, <[u64]>::len)) as u64;
        let loaded = self.run_alone(descriptor);
        // A modulus may be a secret factor.
        self.transport.dma_wipe(source, 16 * modulus.len())?;
        loaded
    }

    /// Runs one job that writes nothing, with no other in flight.
    fn run_alone(&mut self, descriptor: Descriptor) -> Result<(), CardError> {
        self.submit(descriptor, (0, 0, 0))?;
        self.wait_completion(Instant::now() + LOAD_TIMEOUT)?;
        Ok(())
    }
}

impl<T: Transport> Drop for LoadedCard<T> {
    fn drop(&mut self) {
        self.quiesce();
    }
}

/// A descriptor to fill in.
pub(crate) const EMPTY: Descriptor = Descriptor {
    operation: Operation::UnloadContext,
    flags: 0,
    tag: 0,
    context: 0,
    items: 0,
    limbs: 0,
    exponent_limbs: 0,
    exponent_bits: 0,
    source: 0,
    aux: 0,
    destination: 0,
};
