//! A card without the driver: rings by hand, so that any descriptor can be sent and any completion seen.

use std::time::{Duration, Instant};

use card::Transport;
use card_csr::{
    Completion, CompletionStatus, Descriptor, Readable, Writable,
    regs::{self, CardKind, CardState},
};

use crate::Problem;

const RING_LOG2: u32 = 6;
pub(crate) const RING: u16 = 1 << RING_LOG2;
const COMPLETIONS: usize = 4096;
/// Where operands may lie in the pool.
pub(crate) const OPERANDS: usize = 8192;
pub(crate) const OPERANDS_END: usize = 64 << 10;

pub(crate) struct Raw<'a, T: Transport> {
    pub(crate) transport: &'a mut T,
    pub(crate) patience: Duration,
    pub(crate) tail: u16,
    head: u16,
    tag: u16,
}

impl<'a, T: Transport> Raw<'a, T> {
    /// Resets a card and leaves it ready, with empty rings and all interrupts on.
    pub(crate) fn start(transport: &'a mut T) -> Result<Self, Problem> {
        if transport.dma_len() < OPERANDS_END {
            return Err(Problem::wrong("the DMA pool", format!("less than {OPERANDS_END} bytes")));
        }
        let mut raw = Self { transport, patience: Duration::from_secs(20), tail: 0, head: 0, tag: 0x7000 };
        if raw.read::<regs::Kind>()?.kind() == Ok(CardKind::RtlSimulation) {
            raw.patience = Duration::from_secs(600);
        }
        raw.reset()?;
        raw.enable(raw.transport.dma_iova(), RING_LOG2)?;
        raw.await_state(CardState::Ready, "enabling")?;
        Ok(raw)
    }

    /// Leaves the card disabled, and the rings as if nothing had ever been in them.
    pub(crate) fn reset(&mut self) -> Result<(), Problem> {
        self.write(regs::Control::default().with_reset(true))?;
        self.await_state(CardState::Disabled, "a reset")?;
        self.transport.dma_wipe(0, OPERANDS)?;
        (self.tail, self.head) = (0, 0);
        Ok(())
    }

    /// Programs both rings, the second a page behind the first, and switches the card on.
    pub(crate) fn enable(&mut self, base: u64, log2: u32) -> Result<(), Problem> {
        let completions = base.wrapping_add(COMPLETIONS as u64);
        self.write(regs::SubmissionBaseLo::default().with_addr(base as u32))?;
        self.write(regs::SubmissionBaseHi::default().with_addr((base >> 32) as u32))?;
        self.write(regs::CompletionBaseLo::default().with_addr(completions as u32))?;
        self.write(regs::CompletionBaseHi::default().with_addr((completions >> 32) as u32))?;
        self.write(regs::RingSize::default().with_log2(log2))?;
        self.write(regs::InterruptMask::default().with_completion(false).with_error(false))?;
        self.write(regs::Control::default().with_enable(true))
    }

    /// Writes descriptors and rings once for all of them.
    pub(crate) fn submit(&mut self, descriptors: &[[u64; Descriptor::WORDS]]) -> Result<(), Problem> {
        for words in descriptors {
            let entry = usize::from(self.tail % RING) * Descriptor::BYTES;
            self.transport.dma_write(entry, words)?;
            self.tail = self.tail.wrapping_add(1);
        }
        self.write(regs::SubmissionTail::default().with_tail(self.tail.into()))
    }

    /// Sends one descriptor with a tag of its own and waits for its end, checking all that a completion says but the
    /// status.
    pub(crate) fn run(&mut self, case: &str, mut words: [u64; Descriptor::WORDS]) -> Result<Completion, Problem> {
        self.tag = self.tag.wrapping_add(1);
        words[0] = words[0] & !(0xffff << 16) | u64::from(self.tag) << 16;
        self.submit(&[words])?;
        let completion = self.completion(case)?;
        if completion.tag != self.tag {
            return Err(Problem::wrong(case, format!("tag {:#x} instead of {:#x}", completion.tag, self.tag)));
        }
        let failed = completion.status != CompletionStatus::Ok;
        if failed && (completion.items_done, completion.bytes_written) != (0, 0) {
            return Err(Problem::wrong(case, format!("a failed job reports {completion:?}")));
        }
        Ok(completion)
    }

    /// The next completion.
    pub(crate) fn completion(&mut self, case: &str) -> Result<Completion, Problem> {
        let until = Instant::now() + self.patience;
        loop {
            if let Some(completion) = self.poll(case)? {
                return Ok(completion);
            }
            if Instant::now() > until {
                return Err(Problem::Silent { case: case.into() });
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// The next completion, if it is there.
    pub(crate) fn poll(&mut self, case: &str) -> Result<Option<Completion>, Problem> {
        let mut words = [0; Completion::WORDS];
        let entry = COMPLETIONS + usize::from(self.head % RING) * Completion::BYTES;
        self.transport.dma_read(entry, &mut words[..1])?;
        let pass = self.head / RING;
        if Completion::phase_of(words[0]) != pass.is_multiple_of(2) {
            return Ok(None);
        }
        self.transport.dma_read(entry, &mut words)?;
        let completion =
            Completion::from_words(&words).map_err(|error| Problem::wrong(case, format!("a completion: {error}")))?;
        if completion.sequence as u16 != self.head {
            return Err(Problem::wrong(case, format!("sequence number {}", completion.sequence)));
        }
        self.head = self.head.wrapping_add(1);
        self.write(regs::CompletionHead::default().with_head(self.head.into()))?;
        Ok(Some(completion))
    }

    pub(crate) fn await_state(&mut self, wanted: CardState, case: &str) -> Result<(), Problem> {
        let until = Instant::now() + self.patience;
        loop {
            let found = self.read::<regs::Status>()?.state();
            if found == Ok(wanted) {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(Problem::wrong(case, format!("the card is {found:?}, not {wanted:?}")));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub(crate) fn read<R: Readable>(&mut self) -> Result<R, Problem> {
        Ok(R::from_bits(self.transport.read_register(R::OFFSET)?))
    }

    pub(crate) fn write<R: Writable>(&mut self, value: R) -> Result<(), Problem> {
        Ok(self.transport.write_register(R::OFFSET, value.to_bits())?)
    }

    /// Where the card sees an offset of the pool.
    pub(crate) fn iova(&self, offset: usize) -> u64 {
        self.transport.dma_iova() + offset as u64
    }
}
