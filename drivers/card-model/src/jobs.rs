//! Doing one job: descriptor in, results in the host's memory, a status for the completion.

use std::cell::Cell;

use card_csr::{CompletionStatus, Descriptor, MAX_LIMBS, Operation, radix_bits, table_bytes};
use card_function::{DmaFault, Memory};
use zeroize::Zeroizing;

use crate::{
    context::{Cancelled, Context},
    fault::FaultMode,
    limbs::subtract,
    montgomery::Modulus,
    registers::{CONTEXTS, DIGIT, MAX_EXPONENT_BITS, MAX_ITEMS, TABLE_LOG2, VECTOR_LOG2},
};

/// Memory as jobs see it: counted.
pub(crate) struct Dma<'a> {
    pub(crate) memory: &'a dyn Memory,
    pub(crate) bytes: Cell<u64>,
}

impl Dma<'_> {
    pub(crate) fn read(&self, iova: u64, words: &mut [u64]) -> Result<(), DmaFault> {
        self.bytes.set(self.bytes.get() + words.len() as u64 * 8);
        self.memory.read(iova, words)
    }

    pub(crate) fn write(&self, iova: u64, words: &[u64]) -> Result<(), DmaFault> {
        self.bytes.set(self.bytes.get() + words.len() as u64 * 8);
        self.memory.write(iova, words)
    }

    fn fetch(&self, iova: u64, words: usize) -> Result<Zeroizing<Vec<u64>>, DmaFault> {
        let mut fetched = Zeroizing::new(vec![0; words]);
        self.read(iova, &mut fetched)?;
        Ok(fetched)
    }
}

/// Why a job has no result.
pub(crate) enum JobAbort {
    Status(CompletionStatus),
    /// The host resets the card: no completion.
    Cancelled,
    /// The card is gone, by plan.
    Died,
    /// The card locks itself: its memory failed, by plan.
    CardMemory,
    /// The card resets itself, by plan.
    SelfReset,
}

impl From<DmaFault> for JobAbort {
    fn from(_: DmaFault) -> Self {
        Self::Status(CompletionStatus::DmaFault)
    }
}

impl From<Cancelled> for JobAbort {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

/// All key contexts of a card. Dropping one zeroizes it.
pub(crate) type Contexts = [Option<Context>; CONTEXTS];

/// Does a job; gives the bytes written to its destination.
pub(crate) fn run(
    job: &Descriptor,
    contexts: &mut Contexts,
    dma: &Dma<'_>,
    fault: Option<FaultMode>,
    cancelled: &dyn Fn() -> bool,
) -> Result<u64, JobAbort> {
    // Of LoadVector the destination is an index.
    let addresses = [job.source, job.aux, if job.operation == Operation::LoadVector { 0 } else { job.destination }];
    if addresses.iter().any(|address| address % 8 != 0) {
        return Err(JobAbort::Status(CompletionStatus::BadDescriptor));
    }
    match fault {
        Some(FaultMode::CardMemoryError) => return Err(JobAbort::CardMemory),
        Some(FaultMode::SelfReset) => return Err(JobAbort::SelfReset),
        _ => {}
    }
    let slot = contexts.get_mut(usize::from(job.context)).ok_or(JobAbort::Status(CompletionStatus::BadContext))?;
    match job.operation {
        Operation::LoadContext => {
            *slot = None;
            *slot = Some(load(job, dma, cancelled)?);
            Ok(0)
        }
        Operation::UnloadContext => {
            *slot = None;
            Ok(0)
        }
        Operation::LoadVector => {
            load_vector(job, slot.as_mut().ok_or(JobAbort::Status(CompletionStatus::BadContext))?, dma)?;
            Ok(0)
        }
        Operation::Modexp | Operation::FixedBase | Operation::Modmul | Operation::MultiplyAccumulate => {
            let context = slot.as_mut().ok_or(JobAbort::Status(CompletionStatus::BadContext))?;
            if fault == Some(FaultMode::CorruptContext) {
                context.corrupt();
            }
            let mut results = compute(job, context, dma, cancelled)?;
            let mut destination = job.destination;
            let limbs = context.modulus.limbs();
            match fault {
                Some(FaultMode::WrongResult) => results[0] ^= 2,
                Some(FaultMode::SignFlip) => negate(results.rchunks_exact_mut(limbs).next(), context.modulus.n()),
                Some(FaultMode::DmaOutside) => destination ^= 1 << 50,
                Some(FaultMode::Die) => return Err(JobAbort::Died),
                _ => {}
            }
            dma.write(destination, &results)?;
            Ok(results.len() as u64 * 8)
        }
    }
}

fn load(job: &Descriptor, dma: &Dma<'_>, cancelled: &dyn Fn() -> bool) -> Result<Context, JobAbort> {
    let (limbs, exponent_bits) = (usize::from(job.limbs), usize::from(job.exponent_bits));
    let fits = (1..=MAX_LIMBS).contains(&limbs)
        && exponent_bits <= MAX_EXPONENT_BITS
        && table_bytes(exponent_bits, limbs) <= 1 << TABLE_LOG2;
    if !fits || job.items != 1 || job.exponent_limbs != 0 {
        return Err(JobAbort::Status(CompletionStatus::BadLength));
    }
    let words = dma.fetch(job.source, 2 * limbs)?;
    let (n, r_squared) = words.split_at(limbs);
    let modulus = Modulus::new(n).ok_or(JobAbort::Status(CompletionStatus::BadOperand))?;
    // The RTL can only see that it is below N: a driver that computes it wrongly is found here.
    if **modulus.radix_squared(radix_bits(DIGIT, limbs as u32) as usize) != *r_squared {
        return Err(JobAbort::Status(CompletionStatus::BadOperand));
    }
    let mut context = Context::new(modulus);
    if exponent_bits > 0 {
        let base = dma.fetch(job.aux, limbs)?;
        if !context.modulus.contains(&base) {
            return Err(JobAbort::Status(CompletionStatus::BadOperand));
        }
        context.build_table(&base, exponent_bits, cancelled)?;
    }
    Ok(context)
}

fn load_vector(job: &Descriptor, context: &mut Context, dma: &Dma<'_>) -> Result<(), JobAbort> {
    let (limbs, items) = (context.modulus.limbs(), usize::from(job.items));
    let first = usize::try_from(job.destination).unwrap_or(usize::MAX);
    let fits = first.checked_add(items).is_some_and(|end| end <= (1 << VECTOR_LOG2) / (limbs * 8));
    let widths = usize::from(job.limbs) == limbs && job.exponent_limbs == 0;
    if !widths || !(1..=MAX_ITEMS).contains(&items) || !fits {
        return Err(JobAbort::Status(CompletionStatus::BadLength));
    }
    if first > context.loaded() {
        return Err(JobAbort::Status(CompletionStatus::BadOperand));
    }
    let mut values = dma.fetch(job.source, items * limbs)?;
    if !values.chunks_exact(limbs).all(|value| context.modulus.contains(value)) {
        return Err(JobAbort::Status(CompletionStatus::BadOperand));
    }
    context.load_vector(first, &mut values);
    Ok(())
}

fn compute(
    job: &Descriptor,
    context: &mut Context,
    dma: &Dma<'_>,
    cancelled: &dyn Fn() -> bool,
) -> Result<Zeroizing<Vec<u64>>, JobAbort> {
    let bad_operand = || JobAbort::Status(CompletionStatus::BadOperand);
    let (limbs, items) = (context.modulus.limbs(), usize::from(job.items));
    let exponent_limbs = usize::from(job.exponent_limbs);
    let exponent_fits = match job.operation {
        Operation::Modmul => exponent_limbs == 0,
        _ => (1..=MAX_LIMBS).contains(&exponent_limbs),
    };
    if usize::from(job.limbs) != limbs || !(1..=MAX_ITEMS).contains(&items) || !exponent_fits {
        return Err(JobAbort::Status(CompletionStatus::BadLength));
    }
    let by_list = job.operation == Operation::MultiplyAccumulate;
    if job.operation == Operation::FixedBase || by_list {
        let usable = if by_list { context.loaded() > 0 } else { context.exponent_bits().is_some() };
        if !usable {
            return Err(JobAbort::Status(CompletionStatus::BadContext));
        }
        let inputs = dma.fetch(job.source, items * exponent_limbs)?;
        let mut results = Zeroizing::new(vec![0; items * limbs]);
        for (input, result) in inputs.chunks_exact(exponent_limbs).zip(results.chunks_exact_mut(limbs)) {
            if cancelled() {
                return Err(JobAbort::Cancelled);
            }
            let good =
                if by_list { context.multiply_accumulate(input, result) } else { context.fixed_base(input, result) };
            if !good {
                return Err(bad_operand());
            }
        }
        return Ok(results);
    }
    let mut values = dma.fetch(job.source, items * limbs)?;
    let aux = dma.fetch(job.aux, if job.operation == Operation::Modmul { items * limbs } else { exponent_limbs })?;
    for (index, value) in values.chunks_exact_mut(limbs).enumerate() {
        if !context.modulus.contains(value) {
            return Err(bad_operand());
        }
        if job.operation == Operation::Modexp {
            context.power(value, &aux, cancelled)?;
            continue;
        }
        let factor = &aux[index * limbs..][..limbs];
        if !context.modulus.contains(factor) {
            return Err(bad_operand());
        }
        context.modulus.product(value, factor);
    }
    Ok(values)
}

/// y becomes N - y, unless it is 0.
fn negate(y: Option<&mut [u64]>, n: &[u64]) {
    if let Some(y) = y.filter(|y| y.iter().any(|limb| *limb != 0)) {
        let mut negative = n.to_vec();
        subtract(&mut negative, y);
        y.copy_from_slice(&negative);
    }
}
