//! A card on the bench: its pool, a context, and jobs to be bent.

use card::Transport;
use card_csr::{
    CompletionStatus::{self, Ok as Good},
    Descriptor, Operation, radix_bits, regs,
};
use num_bigint::BigUint;

use crate::{
    numbers::{modulus, operands_below, to_limbs},
    problem::Problem,
    raw::{OPERANDS, OPERANDS_END, Raw},
};

pub(crate) const LIMBS: usize = 3;
/// The context that is loaded, with a table for exponents of this length; and one that is not.
pub(crate) const LOADED: u16 = 0;
pub(crate) const EMPTY: u16 = 1;
pub(crate) const EXPONENT_BITS: u16 = 8;
/// Offsets of the pool: operands, then the destination between its canaries.
pub(crate) const SOURCE: usize = OPERANDS;
pub(crate) const AUX: usize = OPERANDS + 0x2000;
pub(crate) const BAD: usize = OPERANDS + 0x4000;
pub(crate) const DESTINATION: usize = OPERANDS + 0x6000;
pub(crate) const CANARIES: usize = 64;
pub(crate) const CANARY: u64 = 0xca4a_41e5_ca4a_41e5;
/// Nothing that a host would map.
pub(crate) const UNMAPPED: u64 = 1 << 50;

/// A descriptor's words.
pub(crate) type Words = [u64; Descriptor::WORDS];

/// A card with a context that is loaded, and operands for jobs that are right or wrong in one place.
pub(crate) struct Bench<'a, T: Transport> {
    pub(crate) raw: Raw<'a, T>,
    pub(crate) n: BigUint,
    digit: u32,
    pub(crate) contexts: u16,
    pub(crate) max_items: u16,
}

impl<'a, T: Transport> Bench<'a, T> {
    pub(crate) fn start(transport: &'a mut T) -> Result<Self, Problem> {
        let mut raw = Raw::start(transport)?;
        let digit = raw.read::<regs::Arithmetic>()?.multiplier_digit();
        let contexts = raw.read::<regs::Operations>()?.contexts() as u16;
        let max_items = raw.read::<regs::Limits>()?.max_items() as u16;
        let mut bench = Self { raw, n: modulus(64 * LIMBS), digit, contexts, max_items };
        bench.prepare()?;
        Ok(bench)
    }

    /// Operands into the pool, and a context that is loaded.
    pub(crate) fn prepare(&mut self) -> Result<(), Problem> {
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

    pub(crate) fn expect(&mut self, case: &str, words: Words, expected: CompletionStatus) -> Result<(), Problem> {
        let found = self.raw.run(case, words)?.status;
        if found == expected { Ok(()) } else { Err(Problem::Status { case: case.into(), expected, found }) }
    }

    /// A good job of four items.
    pub(crate) fn job(&self, operation: Operation, exponent_limbs: u16) -> Words {
        let aux = matches!(operation, Operation::Modmul | Operation::Modexp);
        Descriptor {
            operation,
            items: 4,
            exponent_limbs,
            source: self.raw.iova(SOURCE),
            aux: if aux { self.raw.iova(AUX) } else { 0 },
            destination: self.raw.iova(DESTINATION),
            ..BLANK
        }
        .to_words()
    }

    /// A job that loads what `put_key` put there, with a short table.
    pub(crate) fn load(&self, context: u16, at: usize) -> Words {
        Descriptor {
            operation: Operation::LoadContext,
            context,
            items: 1,
            exponent_bits: EXPONENT_BITS,
            source: self.raw.iova(at),
            aux: self.raw.iova(at + 2 * LIMBS * 8),
            ..BLANK
        }
        .to_words()
    }

    pub(crate) fn put_key(&mut self, at: usize, n: &BigUint, base: &BigUint) -> Result<(), Problem> {
        let r = BigUint::from(2u32).modpow(&BigUint::from(radix_bits(self.digit, LIMBS as u32)), n);
        self.raw.transport.dma_write(at, &to_limbs(n, LIMBS))?;
        self.raw.transport.dma_write(at + LIMBS * 8, &to_limbs(&(&r * &r % n), LIMBS))?;
        Ok(self.raw.transport.dma_write(at + 2 * LIMBS * 8, &to_limbs(base, LIMBS))?)
    }

    pub(crate) fn fill_destination(&mut self) -> Result<(), Problem> {
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

/// A descriptor with other bits in one place.
pub(crate) fn with(mut words: Words, word: usize, low: u32, width: u32, value: u64) -> Words {
    let mask = if width == 64 { u64::MAX } else { ((1 << width) - 1) << low };
    words[word] = words[word] & !mask | value << low;
    words
}

/// The same in another context.
pub(crate) fn in_context(words: Words, context: u16) -> Words {
    with(words, 0, 32, 16, context.into())
}
