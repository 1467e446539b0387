//! What no driver sends: descriptors that are wrong in one place each, and what surrounds a job.

use std::{thread::sleep, time::Duration};

use card::Transport;
use card_csr::{
    CompletionStatus::{self, BadContext, BadDescriptor, BadLength, BadOperand, DmaFault, Ok as Good},
    Descriptor, NO_ITEM, Operation, radix_bits,
    regs::{self, CardFault, CardState},
};
use num_bigint::BigUint;

use crate::{
    Options, Problem,
    numbers::{from_limbs, modulus, operands_below, to_limbs},
    raw::{OPERANDS, OPERANDS_END, RING, Raw},
};

const LIMBS: usize = 3;
/// The context that is loaded, with a table for exponents of this length; and one that is not.
const LOADED: u16 = 0;
const EMPTY: u16 = 1;
const EXPONENT_BITS: u16 = 8;
/// Offsets of the pool: operands, then the destination between its canaries.
const SOURCE: usize = OPERANDS;
const AUX: usize = OPERANDS + 0x2000;
const BAD: usize = OPERANDS + 0x4000;
const DESTINATION: usize = OPERANDS + 0x6000;
const CANARIES: usize = 64;
const CANARY: u64 = 0xca4a_41e5_ca4a_41e5;
/// Nothing that a host would map.
const UNMAPPED: u64 = 1 << 50;

type Words = [u64; Descriptor::WORDS];

pub(crate) fn run<T: Transport>(
    transport: &mut T,
    options: &Options,
    say: &mut dyn FnMut(&str),
) -> Result<(), Problem> {
    let mut bench = Bench::start(transport)?;
    say("wrong descriptors");
    bench.wrong_descriptors()?;
    say("a destination and what is beside it");
    bench.canaries()?;
    say("more jobs than a ring has entries");
    bench.ring_wraps()?;
    say("interrupts: masked, cleared, held off");
    bench.interrupts()?;
    say("a reset in the middle of a job");
    bench.reset_in_a_job(options)?;
    say("errors that lock the card");
    bench.locks()
}

struct Bench<'a, T: Transport> {
    raw: Raw<'a, T>,
    n: BigUint,
    digit: u32,
    contexts: u16,
    max_items: u16,
}

impl<'a, T: Transport> Bench<'a, T> {
    fn start(transport: &'a mut T) -> Result<Self, Problem> {
        let mut raw = Raw::start(transport)?;
        let digit = raw.read::<regs::Arithmetic>()?.multiplier_digit();
        let contexts = raw.read::<regs::Operations>()?.contexts() as u16;
        let max_items = raw.read::<regs::Limits>()?.max_items() as u16;
        let mut bench = Self { raw, n: modulus(64 * LIMBS), digit, contexts, max_items };
        bench.prepare()?;
        Ok(bench)
    }

    /// Operands into the pool, and a context that is loaded.
    fn prepare(&mut self) -> Result<(), Problem> {
        self.raw.transport.dma_wipe(OPERANDS, OPERANDS_END - OPERANDS)?;
        self.fill_destination()?;
        let n = self.n.clone();
        self.put_key(SOURCE, &n, &(&n >> 1u32))?;
        self.expect("loading a context", self.load(LOADED, SOURCE), Good)?;
        let values = operands_below(&n, 64, 9);
        let flat: Vec<u64> = values.iter().flat_map(|value| to_limbs(value, LIMBS)).collect();
        self.raw.transport.dma_write(SOURCE, &flat)?;
        self.raw.transport.dma_write(AUX, &flat)?;
        Ok(())
    }

    fn wrong_descriptors(&mut self) -> Result<(), Problem> {
        let modmul = self.job(Operation::Modmul, 0);
        let modexp = self.job(Operation::Modexp, 1);
        for code in [0, 8, 15, 0xff] {
            self.expect("an unknown operation", with(modmul, 0, 0, 8, code), BadDescriptor)?;
        }
        self.expect("a flag", with(modmul, 0, 8, 8, 1), BadDescriptor)?;
        for (word, bit) in [(1, 48), (1, 63), (5, 0), (6, 31), (7, 63)] {
            self.expect("a reserved bit", with(modmul, word, bit, 1, 1), BadDescriptor)?;
        }
        for word in [2, 3, 4] {
            let address = modmul[word] + 4;
            self.expect("an unaligned address", with(modmul, word, 0, 64, address), BadDescriptor)?;
        }
        for context in [self.contexts, u16::MAX] {
            self.expect("a context that the card does not have", in_context(modmul, context), BadContext)?;
        }
        self.expect("a context that is not loaded", in_context(modmul, EMPTY), BadContext)?;
        self.expect("a vector that is not there", self.job(Operation::MultiplyAccumulate, 1), BadContext)?;
        self.expect("no items", with(modmul, 0, 48, 16, 0), BadLength)?;
        if self.max_items < u16::MAX {
            let more = u64::from(self.max_items) + 1;
            self.expect("too many items", with(modmul, 0, 48, 16, more), BadLength)?;
        }
        for limbs in [0, 2, 4, 97] {
            self.expect("another width than the context's", with(modmul, 1, 0, 16, limbs), BadLength)?;
        }
        for limbs in [0, 97] {
            self.expect("the width of an exponent", with(modexp, 1, 16, 16, limbs), BadLength)?;
        }
        self.wrong_keys()?;
        self.wrong_operands()?;
        self.wrong_vectors()
    }

    fn wrong_keys(&mut self) -> Result<(), Problem> {
        let key = self.load(EMPTY, BAD);
        let n = self.n.clone();
        self.put_key(BAD, &n, &(&n >> 1u32))?;
        self.expect("two keys in one job", with(key, 0, 48, 16, 2), BadLength)?;
        for limbs in [0, 97] {
            self.expect("the width of a key", with(key, 1, 0, 16, limbs), BadLength)?;
        }
        self.expect("a table larger than the card's memory", with(key, 1, 32, 16, 0xffff), BadLength)?;
        self.put_key(BAD, &(&n - 1u32), &BigUint::from(2u32))?;
        self.expect("an even modulus", key, BadOperand)?;
        self.put_key(BAD, &BigUint::from(1u32), &BigUint::ZERO)?;
        self.expect("the modulus 1", key, BadOperand)?;
        self.put_key(BAD, &n, &n)?;
        self.expect("a base that is the modulus", key, BadOperand)?;
        self.put_key(BAD, &n, &BigUint::from(2u32))?;
        self.raw.transport.dma_write(BAD + LIMBS * 8, &to_limbs(&n, LIMBS))?;
        self.expect("an R^2 that is the modulus", key, BadOperand)?;
        self.expect("a job of a key that was refused", in_context(self.job(Operation::Modmul, 0), EMPTY), BadContext)
    }

    fn wrong_operands(&mut self) -> Result<(), Problem> {
        let n = self.n.clone();
        for wrong in [n.clone(), (BigUint::from(1u32) << (64 * LIMBS)) - 1u32] {
            self.raw.transport.dma_write(BAD, &to_limbs(&wrong, LIMBS))?;
            let bad = self.raw.iova(BAD);
            for (operation, word) in [(Operation::Modmul, 2), (Operation::Modmul, 3), (Operation::Modexp, 2)] {
                let job = self.job(operation, u16::from(operation == Operation::Modexp));
                let one = with(with(job, word, 0, 64, bad), 0, 48, 16, 1);
                self.expect("an operand that is not below the modulus", one, BadOperand)?;
            }
        }
        self.raw.transport.dma_write(BAD, &[1 << EXPONENT_BITS, 0])?;
        let power = with(self.job(Operation::FixedBase, 1), 0, 48, 16, 1);
        let long = with(power, 2, 0, 64, self.raw.iova(BAD));
        self.expect("an exponent longer than the table", long, BadOperand)?;
        self.raw.transport.dma_write(BAD, &[(1 << EXPONENT_BITS) - 1, 0])?;
        self.expect("the longest exponent of the table", long, Good)?;
        self.expect("the same in two words", with(long, 1, 16, 16, 2), Good)
    }

    fn wrong_vectors(&mut self) -> Result<(), Problem> {
        let load = with(self.job(Operation::LoadVector, 0), 4, 0, 64, 0);
        self.expect("a vector that begins with a gap", with(load, 4, 0, 64, 1), BadOperand)?;
        self.expect("a vector", with(load, 0, 48, 16, 4), Good)?;
        self.expect("a gap after four items", with(load, 4, 0, 64, 5), BadOperand)?;
        let far = u64::from(u32::MAX);
        for index in [4, far - 1, u64::from(NO_ITEM) << 32 | 4, 7 << 32] {
            self.raw.transport.dma_write(BAD, &[index])?;
            let list = with(self.job(Operation::MultiplyAccumulate, 1), 2, 0, 64, self.raw.iova(BAD));
            self.expect("an index out of range", with(list, 0, 48, 16, 1), BadOperand)?;
        }
        self.expect("more items of a vector", with(with(load, 4, 0, 64, 4), 0, 48, 16, 1), Good)?;
        self.raw.transport.dma_write(BAD, &[u64::from(NO_ITEM) << 32 | 4])?;
        let list = with(self.job(Operation::MultiplyAccumulate, 1), 2, 0, 64, self.raw.iova(BAD));
        self.expect("the last item of the vector", with(list, 0, 48, 16, 1), Good)
    }

    /// A good job writes its results and not a word more; a bad one's canaries stand too.
    fn canaries(&mut self) -> Result<(), Problem> {
        let case = "what is beside a destination";
        for items in [1, 2, 5, 64] {
            self.fill_destination()?;
            let job = with(self.job(Operation::Modmul, 0), 0, 48, 16, items as u64);
            let completion = self.raw.run(case, job)?;
            let bytes = (items * LIMBS * 8) as u64;
            if (completion.status, completion.items_done, completion.bytes_written) != (Good, items as u32, bytes) {
                return Err(Problem::wrong(case, format!("{completion:?}")));
            }
            let (mut found, mut source) = (vec![0; items * LIMBS + 2 * CANARIES], vec![0; items * LIMBS]);
            self.raw.transport.dma_read(DESTINATION - CANARIES * 8, &mut found)?;
            self.raw.transport.dma_read(SOURCE, &mut source)?;
            let (before, rest) = found.split_at(CANARIES);
            let (results, after) = rest.split_at(items * LIMBS);
            if before.iter().chain(after).any(|word| *word != CANARY) {
                return Err(Problem::wrong(case, format!("{items} items: something was written there")));
            }
            for (item, (result, a)) in results.chunks(LIMBS).zip(source.chunks(LIMBS)).enumerate() {
                let a = from_limbs(a);
                if from_limbs(result) != &a * &a % &self.n {
                    return Err(Problem::Differs { case: case.into(), item });
                }
            }
        }
        Ok(())
    }

    fn ring_wraps(&mut self) -> Result<(), Problem> {
        let case = "more jobs than a ring has entries";
        let job = with(self.job(Operation::Modmul, 0), 0, 48, 16, 1);
        for round in 0..5u64 {
            let tagged: Vec<_> = (0..u64::from(RING) * 3 / 4).map(|k| with(job, 0, 16, 16, round << 8 | k)).collect();
            self.raw.submit(&tagged)?;
            let mut tags = Vec::new();
            for _ in 0..tagged.len() {
                let completion = self.raw.completion(case)?;
                if completion.status != Good {
                    return Err(Problem::wrong(case, format!("{completion:?}")));
                }
                tags.push(completion.tag);
            }
            tags.sort_unstable();
            if !tags.iter().zip(0..).all(|(tag, k)| *tag == (round as u16) << 8 | k) {
                return Err(Problem::wrong(case, format!("tags {tags:x?}")));
            }
        }
        Ok(())
    }

    fn interrupts(&mut self) -> Result<(), Problem> {
        let case = "interrupts";
        let job = with(self.job(Operation::Modmul, 0), 0, 48, 16, 1);
        let moment = Duration::from_millis(50);
        while self.raw.transport.wait_interrupt(moment)? {}
        let all = regs::InterruptStatus::default().with_completion(true).with_error(true);
        self.raw.write(all)?;
        self.raw.write(regs::InterruptMask::default().with_completion(true).with_error(true))?;
        self.raw.run(case, job)?;
        if self.raw.transport.wait_interrupt(moment)? {
            return Err(Problem::wrong(case, "one that was masked"));
        }
        if !self.raw.read::<regs::InterruptStatus>()?.completion() {
            return Err(Problem::wrong(case, "a masked cause does not show"));
        }
        self.raw.write(all)?;
        if self.raw.read::<regs::InterruptStatus>()?.completion() {
            return Err(Problem::wrong(case, "a cause was not cleared"));
        }
        self.raw.write(regs::InterruptMask::default().with_completion(false).with_error(false))?;
        self.raw.run(case, job)?;
        if !self.raw.transport.wait_interrupt(self.raw.patience)? {
            return Err(Problem::wrong(case, "none for a completion"));
        }
        self.raw.write(regs::InterruptHoldoff::default().with_units(2000))?;
        let before = self.raw.read::<regs::CountInterrupts>()?.count();
        let jobs = u32::from(RING) * 3 / 4;
        self.raw.submit(&vec![job; jobs as usize])?;
        for _ in 0..jobs {
            self.raw.completion(case)?;
        }
        // The last cause is told when the hold-off ends, not dropped.
        if !self.raw.transport.wait_interrupt(self.raw.patience)? {
            return Err(Problem::wrong(case, "none for completions held off"));
        }
        self.raw.write(regs::InterruptHoldoff::default())?;
        let raised = self.raw.read::<regs::CountInterrupts>()?.count().wrapping_sub(before);
        if raised > jobs / 2 {
            return Err(Problem::wrong(case, format!("{raised} interrupts for {jobs} jobs although held off")));
        }
        Ok(())
    }

    fn reset_in_a_job(&mut self, options: &Options) -> Result<(), Problem> {
        let case = "a reset in the middle of a job";
        let long = with(with(self.job(Operation::Modexp, 96), 2, 0, 64, self.raw.iova(SOURCE)), 0, 48, 16, 64);
        for pause in if options.quick { vec![1] } else { vec![0, 1, 5] } {
            self.raw.submit(&[long, long])?;
            sleep(Duration::from_millis(pause));
            self.raw.reset()?;
            sleep(Duration::from_millis(20));
            self.raw.enable(self.raw.iova(0), RING.ilog2())?;
            self.raw.await_state(CardState::Ready, case)?;
            if self.raw.poll(case)?.is_some() {
                return Err(Problem::wrong(case, "a job that it ended has a completion"));
            }
            self.expect(case, self.job(Operation::Modmul, 0), BadContext)?;
            self.prepare()?;
            self.expect(case, self.job(Operation::Modmul, 0), Good)?;
        }
        Ok(())
    }

    fn locks(&mut self) -> Result<(), Problem> {
        for word in [2, 3, 4] {
            let case = "an address that is not mapped";
            let far = with(self.job(Operation::Modmul, 0), word, 0, 64, UNMAPPED);
            self.expect(case, far, DmaFault)?;
            self.locked(case, CardFault::DmaFault)?;
            self.revive()?;
        }
        let case = "a doorbell beyond the ring";
        let beyond = self.raw.tail.wrapping_add(RING + 1);
        self.raw.write(regs::SubmissionTail::default().with_tail(beyond.into()))?;
        self.locked(case, CardFault::BadDoorbell)?;
        for (case, base, log2) in [
            ("a ring without entries", self.raw.iova(0), 0),
            ("a ring larger than the card's", self.raw.iova(0), 31),
            ("an unaligned ring", self.raw.iova(64), 6),
        ] {
            self.raw.reset()?;
            self.raw.enable(base, log2)?;
            self.locked(case, CardFault::BadRing)?;
        }
        let case = "a ring that is not mapped";
        self.raw.reset()?;
        self.raw.enable(UNMAPPED, RING.ilog2())?;
        self.raw.await_state(CardState::Ready, case)?;
        self.raw.write(regs::SubmissionTail::default().with_tail(1))?;
        self.locked(case, CardFault::DmaFault)?;
        self.revive()?;
        self.expect("a job after all that", self.job(Operation::Modmul, 0), Good)?;
        self.raw.reset()
    }

    /// The card says that it is locked, and why, and takes nothing until it is reset.
    fn locked(&mut self, case: &str, fault: CardFault) -> Result<(), Problem> {
        self.raw.await_state(CardState::Locked, case)?;
        let found = self.raw.read::<regs::ErrorCode>()?.code();
        if found != Ok(fault) {
            return Err(Problem::wrong(case, format!("the error code is {found:?}, not {fault:?}")));
        }
        self.raw.write(regs::Control::default().with_enable(true))?;
        self.raw.await_state(CardState::Locked, case)
    }

    /// Out of the locked state, whose contexts are gone.
    fn revive(&mut self) -> Result<(), Problem> {
        self.raw.reset()?;
        self.raw.enable(self.raw.iova(0), RING.ilog2())?;
        self.raw.await_state(CardState::Ready, "after the locked state")?;
        self.expect("a context after the locked state", self.job(Operation::Modmul, 0), BadContext)?;
        self.prepare()
    }

    fn expect(&mut self, case: &str, words: Words, expected: CompletionStatus) -> Result<(), Problem> {
        let found = self.raw.run(case, words)?.status;
        if found == expected { Ok(()) } else { Err(Problem::Status { case: case.into(), expected, found }) }
    }

    /// A good job of four items.
    fn job(&self, operation: Operation, exponent_limbs: u16) -> Words {
        let aux = matches!(operation, Operation::Modmul | Operation::Modexp);
        descriptor(Descriptor {
            operation,
            items: 4,
            exponent_limbs,
            source: self.raw.iova(SOURCE),
            aux: if aux { self.raw.iova(AUX) } else { 0 },
            destination: self.raw.iova(DESTINATION),
            ..BLANK
        })
    }

    /// A job that loads what `put_key` put there, with a short table.
    fn load(&self, context: u16, at: usize) -> Words {
        descriptor(Descriptor {
            operation: Operation::LoadContext,
            context,
            items: 1,
            exponent_bits: EXPONENT_BITS,
            source: self.raw.iova(at),
            aux: self.raw.iova(at + 2 * LIMBS * 8),
            ..BLANK
        })
    }

    fn put_key(&mut self, at: usize, n: &BigUint, base: &BigUint) -> Result<(), Problem> {
        let r = BigUint::from(2u32).modpow(&BigUint::from(radix_bits(self.digit, LIMBS as u32)), n);
        self.raw.transport.dma_write(at, &to_limbs(n, LIMBS))?;
        self.raw.transport.dma_write(at + LIMBS * 8, &to_limbs(&(&r * &r % n), LIMBS))?;
        Ok(self.raw.transport.dma_write(at + 2 * LIMBS * 8, &to_limbs(base, LIMBS))?)
    }

    fn fill_destination(&mut self) -> Result<(), Problem> {
        let words = vec![CANARY; 64 * LIMBS + 2 * CANARIES];
        Ok(self.raw.transport.dma_write(DESTINATION - CANARIES * 8, &words)?)
    }
}

const BLANK: Descriptor = Descriptor {
    operation: Operation::Modmul,
    flags: 0,
    tag: 0,
    context: LOADED,
    items: 1,
    limbs: LIMBS as u16,
    exponent_limbs: 0,
    exponent_bits: 0,
    source: 0,
    aux: 0,
    destination: 0,
};

fn descriptor(fields: Descriptor) -> Words {
    fields.to_words()
}

/// A descriptor with other bits in one place.
fn with(mut words: Words, word: usize, low: u32, width: u32, value: u64) -> Words {
    let mask = if width == 64 { u64::MAX } else { ((1 << width) - 1) << low };
    words[word] = words[word] & !mask | value << low;
    words
}

fn in_context(words: Words, context: u16) -> Words {
    with(words, 0, 32, 16, context.into())
}
