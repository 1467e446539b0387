//! The two rings: which jobs are in flight, and whether a completion is what it claims to be.

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
}

impl Rings {
    pub(crate) fn new(layout: Layout) -> Self {
        Self { layout, in_flight: Vec::new(), tail: 0, head: 0, sequence: 0, next_tag: 1 }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
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
        (slot, first, bytes): (usize, usize, u64),
    ) -> Result<(), CardError> {
        let tag = self.next_tag;
        descriptor.tag = tag;
        let (operation, items) = (descriptor.operation, usize::from(descriptor.items));
        self.in_flight
            .push(InFlight { tag, operation, slot, first, items, bytes })
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
