//! A card that takes work: its key contexts, its end of life.

use std::time::{Duration, Instant};

use card_csr::{Descriptor, Operation, regs, table_bytes};
use zeroize::Zeroizing;

use crate::{
    CardError, Identity, Transport,
    counters::HostCounters,
    layout::Layout,
    limbs::{fits, less_than},
    probe,
    radix::r_squared,
    registers,
    rings::{Job, Rings},
    self_test,
};

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
    pub(crate) holdoff: u16,
    /// What a job may take beyond its work.
    floor: Duration,
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
    /// Items of the resident vector.
    pub(crate) vector_items: usize,
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

    /// How much longer than what its work needs a job may take before the card counts as hung.
    pub fn set_patience(&mut self, floor: Duration) {
        self.floor = floor;
    }

    /// Interrupt moderation: after one interrupt for a completion the next comes at least so many units of 64 clock cycles
    /// later, for all completions meanwhile. 0, as after probing: every completion interrupts.
    pub fn set_interrupt_holdoff(&mut self, units: u16) -> Result<(), CardError> {
        self.in_service()?;
        self.holdoff = units;
        let written = self.program_holdoff();
        self.keep_or_fail(written)
    }

    /// Takes the card out of service for a reason that its user found: its results were wrong.
    pub fn retire(&mut self) {
        self.fail();
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

    /// Resets the function and the card, probes it anew and has it pass its self-test: only then is it in service again.
    /// All contexts are gone. A card that is in service may be reset like this too.
    pub fn recover(&mut self) -> Result<(), CardError> {
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
        let moderated = self.program_holdoff();
        self.keep_or_fail(moderated)?;
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
            holdoff: 0,
            floor: identity.floor(),
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
            self.fail();
        }
        result
    }

    /// The context, for the driver to note what was loaded into it.
    pub(crate) fn context_mut(&mut self, id: ContextId) -> Result<&mut Context, CardError> {
        self.context(id)?;
        self.contexts[usize::from(id.index)].as_mut().ok_or(CardError::NoContext)
    }

    /// What the rings are told of a job.
    pub(crate) fn job(&self, descriptor: &Descriptor, slot: usize, first: usize, bytes: u64) -> Job {
        Job { slot, first, bytes, allowance: self.identity.allowance(descriptor), floor: self.floor }
    }

    fn fail(&mut self) {
        self.failed = true;
        self.contexts.fill_with(|| None);
        self.quiesce();
    }

    fn program_holdoff(&mut self) -> Result<(), CardError> {
        let units = u32::from(self.holdoff);
        registers::write(&mut self.transport, regs::InterruptHoldoff::default().with_units(units))
    }

    /// Best effort, and not for long, since others wait to do this card's work: one that does not even reset is behind an
    /// IOMMU, and its mapping ends with the transport.
    fn quiesce(&mut self) {
        const MOMENT: Duration = Duration::from_secs(2);
        let _ = probe::reset(&mut self.transport, MOMENT);
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
