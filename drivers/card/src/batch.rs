//! Batches of operations: cut into jobs that fit a slot, kept in flight, put together again.

use std::{ops::ControlFlow, time::Instant};

use card_csr::{Completion, Descriptor, Operation};

use crate::{
    CardError, CompletionFault, ContextId, LoadedCard, Transport, Unverified,
    limbs::less_than,
    rings::{InFlight, Job},
};

/// Told after each job how many items are done in all; may ask to stop.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(usize) -> ControlFlow<()>;

/// One operation over many items of one context.
pub(crate) struct Batch<'a> {
    pub(crate) operation: Operation,
    pub(crate) context: u16,
    pub(crate) limbs: usize,
    pub(crate) exponent_limbs: usize,
    pub(crate) source: &'a [u64],
    /// Limbs of one item of `source`.
    pub(crate) source_limbs: usize,
    pub(crate) aux: Aux<'a>,
    pub(crate) items: usize,
    /// Where the items go: back to the host, or into the context's vector from this index on.
    pub(crate) into_vector: Option<usize>,
}

pub(crate) enum Aux<'a> {
    None,
    /// The same for all items.
    Shared(&'a [u64]),
    /// As wide as the modulus, one for each item.
    PerItem(&'a [u64]),
}

impl<T: Transport> LoadedCard<T> {
    /// Writes a descriptor and counts what the card will move for it.
    pub(crate) fn submit(&mut self, descriptor: Descriptor, job: Job) -> Result<(), CardError> {
        self.rings.submit(&mut self.transport, descriptor, job)?;
        self.counters.dma_bytes += (Descriptor::BYTES + Completion::BYTES) as u64;
        Ok(())
    }

    pub(crate) fn run(
        &mut self,
        context: ContextId,
        batch: &Batch<'_>,
        deadline: Instant,
        progress: Progress<'_>,
    ) -> Result<Unverified<Vec<u64>>, CardError> {
        // Held as unverified from the start: what an error leaves of it is wiped.
        let mut results = Unverified::new(vec![0; batch.items * batch.result_limbs()]);
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
        // A job has one engine: each gets its part, in whole groups of the items that it works on at a time.
        let part = batch.items.div_ceil(self.identity.engines.max(1)).next_multiple_of(self.identity.slots.max(1));
        let per_job = batch.items_per_job(self.layout.slot_bytes()).min(self.identity.max_items).min(part.max(1));
        // The card takes no item of a vector before all in front of it are there.
        let at_once = if batch.into_vector.is_some() { 1 } else { usize::MAX };
        if per_job == 0 {
            return Err(CardError::Argument { what: "an item is larger than a slot of the DMA pool" });
        }
        let (mut next, mut done, mut cancelled) = (0, 0, false);
        loop {
            while !cancelled
                && next < batch.items
                && self.rings.in_flight() < at_once
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
        let bytes = (items * batch.result_limbs() * 8) as u64;
        let descriptor = Descriptor {
            operation: batch.operation,
            context: batch.context,
            items: items as u16,
            limbs: batch.limbs as u16,
            exponent_limbs: batch.exponent_limbs as u16,
            source: self.layout.iova(source),
            aux: if matches!(batch.aux, Aux::None) { 0 } else { self.layout.iova(aux) },
            destination: batch.into_vector.map_or(self.layout.iova(destination), |start| (start + first) as u64),
            ..EMPTY
        };
        self.counters.dma_bytes += (destination - source) as u64 + bytes;
        let job = self.job(&descriptor, slot, first, bytes);
        self.submit(descriptor, job)
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
        let width = batch.result_limbs();
        let results = &mut results[job.first * width..][..job.items * width];
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
        if self.source_limbs == 0 {
            return 0;
        }
        let (shared, each) = match self.aux {
            Aux::None => (0, 0),
            Aux::Shared(limbs) => (limbs.len(), 0),
            Aux::PerItem(_) => (0, self.limbs),
        };
        let room = slot_bytes.saturating_sub(shared * 8) / ((self.source_limbs + each + self.result_limbs()) * 8);
        let longest = match self.operation {
            Operation::Modexp => 64,
            Operation::FixedBase => 256,
            _ => 4096,
        };
        room.min(longest)
    }

    /// Limbs that each item brings back.
    fn result_limbs(&self) -> usize {
        if self.into_vector.is_some() { 0 } else { self.limbs }
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
