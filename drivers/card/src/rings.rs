//! The two rings: which jobs are in flight, and whether a completion is what it claims to be.

use std::time::{Duration, Instant};

use card_csr::{
    Completion, CompletionStatus, Descriptor, Operation,
    regs::{self, CardFault},
};
use heapless::Vec;

use crate::{
    CardError, CompletionFault, Transport,
    layout::{Layout, RING_ENTRIES, SLOTS},
    registers,
};

/// A job that the card has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InFlight {
    tag: u16,
    pub(crate) operation: Operation,
    pub(crate) slot: usize,
    /// Index of the job's first item in the batch.
    pub(crate) first: usize,
    pub(crate) items: usize,
    /// Bytes that the card is to write.
    pub(crate) bytes: u64,
    /// When it must have ended, and the time that this is after its turn.
    pub(crate) due: Instant,
    pub(crate) allowed: Duration,
}

/// What the host keeps of a job that it hands to the card.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub(crate) slot: usize,
    pub(crate) first: usize,
    pub(crate) bytes: u64,
    /// What its work may take.
    pub(crate) allowance: Duration,
    /// What it may take beyond that.
    pub(crate) floor: Duration,
}

#[derive(Debug)]
pub(crate) struct Rings {
    layout: Layout,
    in_flight: Vec<InFlight, SLOTS>,
    /// Descriptors written and completions taken since enable, modulo 2^16 as the registers have it.
    tail: u16,
    head: u16,
    sequence: u32,
    next_tag: u16,
    /// When everything in flight is done if each job takes all that its work may take.
    busy_until: Instant,
}

impl Rings {
    pub(crate) fn new(layout: Layout) -> Self {
        let busy_until = Instant::now();
        Self { layout, in_flight: Vec::new(), tail: 0, head: 0, sequence: 0, next_tag: 1, busy_until }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// The job that must end before all others.
    pub(crate) fn first_due(&self) -> Option<&InFlight> {
        self.in_flight.iter().min_by_key(|job| job.due)
    }

    /// A slot that no job in flight uses.
    pub(crate) fn free_slot(&self) -> Option<usize> {
        (0..SLOTS).find(|slot| self.in_flight.iter().all(|job| job.slot != *slot))
    }

    /// Hands a job to the card. Its tag is chosen here; a tag comes back only after 2^16 others.
    pub(crate) fn submit(
        &mut self,
        transport: &mut impl Transport,
        mut descriptor: Descriptor,
        job: Job,
    ) -> Result<(), CardError> {
        let tag = self.next_tag;
        descriptor.tag = tag;
        let (operation, items) = (descriptor.operation, usize::from(descriptor.items));
        let Job { slot, first, bytes, allowance, floor } = job;
        // One after another, although a card with several engines is faster.
        self.busy_until = self.busy_until.max(Instant::now()) + allowance;
        let (due, allowed) = (self.busy_until + floor, allowance + floor);
        self.in_flight
            .push(InFlight { tag, operation, slot, first, items, bytes, due, allowed })
            .map_err(|_| CardError::Argument { what: "no slot is free" })?;
        self.next_tag = self.next_tag.wrapping_add(1);
        transport.dma_write(self.layout.descriptor(self.tail), &descriptor.to_words())?;
        self.tail = self.tail.wrapping_add(1);
        registers::write(transport, regs::SubmissionTail::default().with_tail(self.tail.into()))
    }

    /// The job that the next completion ends, if there is one. A completion that is wrong in any way is an error.
    pub(crate) fn take(&mut self, transport: &mut impl Transport) -> Result<Option<InFlight>, CardError> {
        let offset = self.layout.completion(self.head);
        let mut words = [0; Completion::WORDS];
        transport.dma_read(offset, &mut words[..1])?;
        if Completion::phase_of(words[0]) != self.phase() {
            return Ok(None);
        }
        // The first word says that the others are there; the transport keeps the order of the two reads.
        transport.dma_read(offset, &mut words)?;
        let job = self.check(&words)?;
        self.head = self.head.wrapping_add(1);
        self.sequence = self.sequence.wrapping_add(1);
        registers::write(transport, regs::CompletionHead::default().with_head(self.head.into()))?;
        Ok(Some(job))
    }

    fn check(&mut self, words: &[u64; Completion::WORDS]) -> Result<InFlight, CardError> {
        let completion = Completion::from_words(words).map_err(CompletionFault::Malformed)?;
        let Some(index) = self.in_flight.iter().position(|job| job.tag == completion.tag) else {
            return Err(CompletionFault::UnknownTag(completion.tag).into());
        };
        if completion.sequence != self.sequence {
            let (expected, found) = (self.sequence, completion.sequence);
            return Err(CompletionFault::Sequence { expected, found }.into());
        }
        let job = self.in_flight.swap_remove(index);
        if self.in_flight.is_empty() {
            self.busy_until = Instant::now();
        }
        match completion.status {
            CompletionStatus::Ok => {}
            CompletionStatus::DmaFault => return Err(CardError::Locked { fault: CardFault::DmaFault }),
            status => return Err(CardError::Refused { operation: job.operation, status }),
        }
        let (expected, found) = (job.items as u32, completion.items_done);
        if found != expected {
            return Err(CompletionFault::Items { expected, found }.into());
        }
        if completion.bytes_written != job.bytes {
            let (expected, found) = (job.bytes, completion.bytes_written);
            return Err(CompletionFault::Bytes { expected, found }.into());
        }
        Ok(job)
    }

    /// The phase of the completion that comes next: 1 in the first pass over the ring.
    fn phase(&self) -> bool {
        (usize::from(self.head) / RING_ENTRIES).is_multiple_of(2)
    }
}
