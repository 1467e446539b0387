//! Batches of operations: checked, cut into jobs that fit a slot, kept in flight, put together again.

use std::{ops::ControlFlow, time::Instant};

use card_csr::{Completion, Descriptor, Operation};

use crate::{
    CardError, CompletionFault, ContextId, LoadedCard, Transport, Unverified,
    limbs::{fits, less_than},
    loaded::EMPTY,
    rings::InFlight,
};

/// Told after each job how many items are done in all; may ask to stop.
type Progress<'a> = &'a mut dyn FnMut(usize) -> ControlFlow<()>;

/// One operation over many items of one context.
struct Batch<'a> {
    operation: Operation,
    context: u16,
    limbs: usize,
    exponent_limbs: usize,
    source: &'a [u64],
    /// Limbs of one item of `source`.
    source_limbs: usize,
    aux: Aux<'a>,
    items: usize,
}

enum Aux<'a> {
    None,
    /// The same for all items.
    Shared(&'a [u64]),
    /// As wide as the modulus, one for each item.
    PerItem(&'a [u64]),
}

impl<T: Transport> LoadedCard<T> {
    /// Each base to the one exponent, whose value, but not whose width in limbs, is secret.
    pub fn modexp(
        &mut self,
        context: ContextId,
        bases: &[u64],
        exponent: &[u64],
        deadline: Instant,
        progress: Progress<'_>,
    ) -> Result<Unverified<Vec<u64>>, CardError> {
        let (index, limbs) = self.check_operands(context, bases)?;
        if exponent.is_empty() || exponent.len() * 64 > self.identity.max_bits {
            return Err(CardError::Argument { what: "the width of the exponent" });
        }
        let batch = Batch {
            operation: Operation::Modexp,
            context: index,
            limbs,
            exponent_limbs: exponent.len(),
            source: bases,
            source_limbs: limbs,
            aux: Aux::Shared(exponent),
            items: bases.len() / limbs,
        };
        self.run(context, &batch, deadline, progress)
    }

    /// The context's base to each exponent of `exponent_limbs` limbs.
    pub fn fixed_base(
        &mut self,
        context: ContextId,
        exponents: &[u64],
        exponent_limbs: usize,
        deadline: Instant,
        progress: Progress<'_>,
    ) -> Result<Unverified<Vec<u64>>, CardError> {
        self.in_service()?;
        let loaded = self.context(context)?;
        let (index, limbs, bits) = (loaded.index, loaded.modulus.len(), loaded.exponent_bits);
        let refuse = |what| Err(CardError::Argument { what });
        if bits == 0 {
            return refuse("the context has no fixed base");
        }
        if exponent_limbs == 0 || exponent_limbs * 64 > self.identity.max_bits {
            return refuse("the width of the exponents");
        }
        if !exponents.len().is_multiple_of(exponent_limbs) {
            return refuse("the exponents end within an item");
        }
        if !exponents.chunks_exact(exponent_limbs).all(|exponent| fits(exponent, bits)) {
            return refuse("an exponent is longer than the table");
        }
        let batch = Batch {
            operation: Operation::FixedBase,
            context: index,
            limbs,
            exponent_limbs,
            source: exponents,
            source_limbs: exponent_limbs,
            aux: Aux::None,
            items: exponents.len() / exponent_limbs,
        };
        self.run(context, &batch, deadline, progress)
    }

    /// The products of a's and b's items.
    pub fn modmul(
        &mut self,
        context: ContextId,
        a: &[u64],
        b: &[u64],
        deadline: Instant,
        progress: Progress<'_>,
    ) -> Result<Unverified<Vec<u64>>, CardError> {
        let (index, limbs) = self.check_operands(context, a)?;
        self.check_operands(context, b)?;
        if a.len() != b.len() {
            return Err(CardError::Argument { what: "the factors differ in number" });
        }
        let batch = Batch {
            operation: Operation::Modmul,
            context: index,
            limbs,
            exponent_limbs: 0,
            source: a,
            source_limbs: limbs,
            aux: Aux::PerItem(b),
            items: a.len() / limbs,
        };
        self.run(context, &batch, deadline, progress)
    }

    /// Writes a descriptor and counts what the card will move for it.
    pub(crate) fn submit(&mut self, descriptor: Descriptor, job: (usize, usize, u64)) -> Result<(), CardError> {
        self.rings.submit(&mut self.transport, descriptor, job)?;
        self.counters.dma_bytes += (Descriptor::BYTES + Completion::BYTES) as u64;
        Ok(())
    }

    fn check_operands(&self, context: ContextId, operands: &[u64]) -> Result<(u16, usize), CardError> {
        self.in_service()?;
        let context = self.context(context)?;
        let limbs = context.modulus.len();
        if !operands.len().is_multiple_of(limbs) {
            return Err(CardError::Argument { what: "the operands end within an item" });
        }
        if !operands.chunks_exact(limbs).all(|operand| less_than(operand, &context.modulus)) {
            return Err(CardError::Argument { what: "an operand is not below the modulus" });
        }
        Ok((context.index, limbs))
    }

    fn run(
        &mut self,
        context: ContextId,
        batch: &Batch<'_>,
        deadline: Instant,
        progress: Progress<'_>,
    ) -> Result<Unverified<Vec<u64>>, CardError> {
        // Held as unverified from the start: what an error leaves of it is wiped.
        let mut results = Unverified::new(vec![0; batch.items * batch.limbs]);
        let ran = self.run_jobs(context, batch, results.inner(), deadline, progress);
        self.keep_or_fail(ran)?;
        Ok(results)
    }

    fn run_jobs(
        &mut self,
        context: ContextId,
        batch: &Batch<'_>,
        results: &mut [u64],
        deadline: Instant,
        progress: Progress<'_>,
    ) -> Result<(), CardError> {
        let per_job = batch.items_per_job(self.layout.slot_bytes()).min(self.identity.max_items);
        if per_job == 0 {
            return Err(CardError::Argument { what: "an item is larger than a slot of the DMA pool" });
        }
        let (mut next, mut done, mut cancelled) = (0, 0, false);
        loop {
            while !cancelled
                && next < batch.items
                && let Some(slot) = self.rings.free_slot()
            {
                let items = per_job.min(batch.items - next);
                self.start_job(batch, next, items, slot)?;
                next += items;
            }
            if self.rings.is_idle() {
                break;
            }
            let job = self.wait_completion(deadline)?;
            self.finish_job(context, batch, &job, results)?;
            done += job.items;
            // Jobs that the card already has are waited for: their slots are not free before.
            cancelled |= progress(done).is_break() && done < batch.items;
        }
        // Nothing is in flight: a completion that is there now answers no job of ours.
        self.rings.take(&mut self.transport)?;
        if cancelled { Err(CardError::Cancelled { done }) } else { Ok(()) }
    }

    fn start_job(&mut self, batch: &Batch<'_>, first: usize, items: usize, slot: usize) -> Result<(), CardError> {
        let (source, aux, destination) = batch.offsets(self.layout.slot(slot), items);
        self.transport.dma_write(source, batch.sources(first, items))?;
        self.transport.dma_write(aux, batch.auxes(first, items))?;
        let bytes = (items * batch.limbs * 8) as u64;
        let descriptor = Descriptor {
            operation: batch.operation,
            context: batch.context,
            items: items as u16,
            limbs: batch.limbs as u16,
            exponent_limbs: batch.exponent_limbs as u16,
            source: self.layout.iova(source),
            aux: if matches!(batch.aux, Aux::None) { 0 } else { self.layout.iova(aux) },
            destination: self.layout.iova(destination),
            ..EMPTY
        };
        self.counters.dma_bytes += (destination - source) as u64 + bytes;
        self.submit(descriptor, (slot, first, bytes))
    }

    fn finish_job(
        &mut self,
        context: ContextId,
        batch: &Batch<'_>,
        job: &InFlight,
        results: &mut [u64],
    ) -> Result<(), CardError> {
        let start = self.layout.slot(job.slot);
        let (_, _, destination) = batch.offsets(start, job.items);
        let results = &mut results[job.first * batch.limbs..][..job.items * batch.limbs];
        self.transport.dma_read(destination, results)?;
        self.transport.dma_wipe(start, destination - start + results.len() * 8)?;
        let modulus = &self.context(context)?.modulus;
        match results.chunks_exact(batch.limbs).position(|result| !less_than(result, modulus)) {
            Some(item) => Err(CompletionFault::NotReduced { item: job.first + item }.into()),
            None => Ok(()),
        }
    }
}

impl Batch<'_> {
    /// Most items in one job: what fits a slot, and what keeps a job short enough to show progress.
    fn items_per_job(&self, slot_bytes: usize) -> usize {
        let (shared, each) = match self.aux {
            Aux::None => (0, 0),
            Aux::Shared(limbs) => (limbs.len(), 0),
            Aux::PerItem(_) => (0, self.limbs),
        };
        let room = slot_bytes.saturating_sub(shared * 8) / ((self.source_limbs + each + self.limbs) * 8);
        let longest = match self.operation {
            Operation::Modexp => 64,
            Operation::FixedBase => 256,
            _ => 4096,
        };
        room.min(longest)
    }

    /// Offsets of source, aux and destination of a job in a slot.
    fn offsets(&self, slot: usize, items: usize) -> (usize, usize, usize) {
        let aux = slot + items * self.source_limbs * 8;
        (slot, aux, aux + self.auxes(0, items).len() * 8)
    }

    fn sources(&self, first: usize, items: usize) -> &[u64] {
        &self.source[first * self.source_limbs..][..items * self.source_limbs]
    }

    fn auxes(&self, first: usize, items: usize) -> &[u64] {
        match self.aux {
            Aux::None => &[],
            Aux::Shared(limbs) => limbs,
            Aux::PerItem(all) => &all[first * self.limbs..][..items * self.limbs],
        }
    }
}
