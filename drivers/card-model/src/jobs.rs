//! Doing one job: descriptor in, results in the host's memory, a status for the completion.

use std::cell::Cell;

use card_csr::{CompletionStatus, Descriptor, Operation};
use zeroize::Zeroizing;

use crate::{
    context::{Cancelled, Context},
    fault::FaultMode,
    memory::{DmaFault, Memory},
    montgomery::{Modulus, subtract},
    registers::{CONTEXTS, MAX_BITS, MAX_EXPONENT_BITS, MAX_ITEMS},
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
pub(crate) enum Stop {
    Status(CompletionStatus),
    /// The host resets the card: no completion.
    Cancelled,
    /// The card is gone, by plan.
    Died,
}

impl From<DmaFault> for Stop {
    fn from(_: DmaFault) -> Self {
        Self::Status(CompletionStatus::DmaFault)
    }
}

impl From<Cancelled> for Stop {
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
) -> Result<u64, Stop> {
    let slot = contexts.get_mut(usize::from(job.context)).ok_or(Stop::Status(CompletionStatus::BadContext))?;
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
        Operation::Modexp | Operation::FixedBase | Operation::Modmul => {
            let context = slot.as_mut().ok_or(Stop::Status(CompletionStatus::BadContext))?;
            let mut results = compute(job, context, dma, cancelled)?;
            let mut destination = job.destination;
            let limbs = context.modulus.limbs();
            match fault {
                Some(FaultMode::WrongResult) => results[0] ^= 2,
                Some(FaultMode::SignFlip) => negate(results.rchunks_exact_mut(limbs).next(), context.modulus.n()),
                Some(FaultMode::DmaOutside) => destination ^= 1 << 50,
                Some(FaultMode::Die) => return Err(Stop::Died),
                _ => {}
            }
            dma.write(destination, &results)?;
            Ok(results.len() as u64 * 8)
        }
    }
}

fn load(job: &Descriptor, dma: &Dma<'_>, cancelled: &dyn Fn() -> bool) -> Result<Context, Stop> {
    let (limbs, exponent_bits) = (usize::from(job.limbs), usize::from(job.exponent_bits));
    if limbs == 0 || limbs * 64 > MAX_BITS || exponent_bits > MAX_EXPONENT_BITS || job.items != 1 {
        return Err(Stop::Status(CompletionStatus::BadLength));
    }
    let n = dma.fetch(job.source, limbs)?;
    let modulus = Modulus::new(&n).ok_or(Stop::Status(CompletionStatus::BadOperand))?;
    let mut context = Context::new(modulus);
    if exponent_bits > 0 {
        let base = dma.fetch(job.aux, limbs)?;
        if !context.modulus.contains(&base) {
            return Err(Stop::Status(CompletionStatus::BadOperand));
        }
        context.build_table(&base, exponent_bits, cancelled)?;
    }
    Ok(context)
}

fn compute(
    job: &Descriptor,
    context: &mut Context,
    dma: &Dma<'_>,
    cancelled: &dyn Fn() -> bool,
) -> Result<Zeroizing<Vec<u64>>, Stop> {
    let bad_operand = || Stop::Status(CompletionStatus::BadOperand);
    let (limbs, items) = (context.modulus.limbs(), usize::from(job.items));
    let exponent_limbs = usize::from(job.exponent_limbs);
    let exponent_fits = match job.operation {
        Operation::Modmul => exponent_limbs == 0,
        _ => (1..=MAX_BITS / 64).contains(&exponent_limbs),
    };
    if usize::from(job.limbs) != limbs || !(1..=MAX_ITEMS).contains(&items) || !exponent_fits {
        return Err(Stop::Status(CompletionStatus::BadLength));
    }
    if job.operation == Operation::FixedBase {
        context.exponent_bits().ok_or(Stop::Status(CompletionStatus::BadContext))?;
        let exponents = dma.fetch(job.source, items * exponent_limbs)?;
        let mut results = Zeroizing::new(vec![0; items * limbs]);
        for (exponent, result) in exponents.chunks_exact(exponent_limbs).zip(results.chunks_exact_mut(limbs)) {
            if cancelled() {
                return Err(Stop::Cancelled);
            }
            if !context.fixed_base(exponent, result) {
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
