//! A card that takes work: what the host knows of it, and its end of life.

use std::time::Duration;

use card_csr::{Descriptor, regs};
use zeroize::Zeroizing;

use crate::{
    error::CardError,
    host_counters::HostCounters,
    identity::Identity,
    layout::Layout,
    registers,
    rings::{Job, Rings},
    start::reset,
    transport::Transport,
};

/// Names a key context on one card, until it is unloaded or the card is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContextId {
    pub(crate) index: u16,
    /// Told apart from every other context that this driver loaded.
    pub(crate) serial: u64,
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
    pub(crate) contexts: Vec<Option<Context>>,
    /// Of the context that was loaded last.
    pub(crate) serial: u64,
    pub(crate) failed: bool,
}

/// What the host keeps of a key context: enough to check what goes in and what comes out.
pub(crate) struct Context {
    pub(crate) serial: u64,
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

    pub(crate) fn program_holdoff(&mut self) -> Result<(), CardError> {
        let units = u32::from(self.holdoff);
        registers::write(&mut self.transport, regs::InterruptHoldoff::default().with_units(units))
    }

    /// Best effort, and not for long, since others wait to do this card's work: one that does not even reset is behind an
    /// IOMMU, and its mapping ends with the transport.
    fn quiesce(&mut self) {
        const MOMENT: Duration = Duration::from_secs(2);
        let _ = reset(&mut self.transport, MOMENT);
        let _ = self.transport.dma_wipe(0, self.layout.pool());
    }
}

impl<T: Transport> Drop for LoadedCard<T> {
    fn drop(&mut self) {
        self.quiesce();
    }
}
