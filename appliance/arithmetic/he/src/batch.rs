//! What the schemes share: checked matrices of big-endian numbers, random numbers, and work spread over the cores.

use std::ops::ControlFlow;

use engine::{Control, Engine, Modulus, Numbers, read_be};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::HeError;
use limbs::sub;

/// Items of `bytes` big-endian bytes each, all below `modulus`; `what` names them in the error.
pub(crate) fn read_below(modulus: &Modulus, bytes: usize, data: &[u8], what: &'static str) -> Result<Numbers, HeError> {
    if bytes == 0 || !data.len().is_multiple_of(bytes) {
        return Err(HeError::ElementWidth { what, bytes: data.len() % bytes.max(1), needed: bytes });
    }
    let mut numbers = Numbers::zero(modulus.limbs(), data.len() / bytes);
    for (item, be) in numbers.iter_mut().zip(data.chunks_exact(bytes)) {
        // A matrix may be wider than the modulus, so what `read_be` would cut off must be zero.
        read_be(be, item);
    }
    let cut = bytes.saturating_sub(modulus.limbs() * 8);
    let bad = |(item, be): (&[u64], &[u8])| !modulus.contains(item) || be[..cut].iter().any(|byte| *byte != 0);
    match numbers.iter().zip(data.chunks_exact(bytes)).position(bad) {
        Some(index) => Err(HeError::ElementRange { what, index }),
        None => Ok(numbers),
    }
}

/// Bytes of a modulus, leading zeros left out.
pub(crate) fn bytes_of(modulus: &Modulus) -> usize {
    modulus.bits().div_ceil(8)
}

/// A modulus from big-endian bytes.
pub(crate) fn modulus_from_be(bytes: &[u8]) -> Result<Modulus, HeError> {
    let mut words = Zeroizing::new(vec![0; bytes.len().div_ceil(8)]);
    read_be(bytes, &mut words);
    Ok(Modulus::new(&words)?)
}

/// Uniform numbers in 0 < r < modulus, from the kernel, by rejection: which candidates fall away tells nothing of those
/// that stay.
pub(crate) fn random_below(modulus: &Modulus, count: usize) -> Result<Numbers, HeError> {
    let mut numbers = Numbers::zero(modulus.limbs(), count);
    // secret: a modulus's length is public, whatever else of it is not.
    let mask = u64::MAX >> (modulus.limbs() * 64 - modulus.bits());
    for item in numbers.iter_mut() {
        loop {
            random_limbs(item)?;
            if let Some(top) = item.last_mut() {
                *top &= mask;
            }
            // secret: how many candidates fell away tells nothing of the one that stays.
            if modulus.contains(item) && item.iter().any(|limb| *limb != 0) {
                break;
            }
        }
    }
    Ok(numbers)
}

/// Uniform limbs from the kernel.
pub(crate) fn random_limbs(limbs: &mut [u64]) -> Result<(), HeError> {
    let mut bytes = Zeroizing::new(vec![0; limbs.len() * 8]);
    getrandom::fill(&mut bytes).map_err(HeError::Randomness)?;
    read_be(&bytes, limbs);
    Ok(())
}

/// Fills `out`, item by item, on the engine's threads.
pub(crate) fn fill(
    engine: &Engine,
    out: &mut Numbers,
    control: Control<'_>,
    work: impl Fn(usize, &mut [u64]) + Sync,
) -> Result<(), HeError> {
    Ok(engine.cpu().fill(out, control, work)?)
}

/// The results of `count` pieces of work, in order, on as many threads as the engine has.
pub(crate) fn map<T: Send>(
    engine: &Engine,
    count: usize,
    control: Control<'_>,
    work: impl Fn(usize) -> T + Sync,
) -> Result<Vec<T>, HeError> {
    let share = count.div_ceil(engine.cpu().threads()).max(1);
    let run = |first: usize| {
        let mut out = Vec::with_capacity(share);
        for i in first..count.min(first + share) {
            out.push(work(i));
            if control(1) == ControlFlow::Break(()) {
                return Err(HeError::Engine(engine::EngineError::Cancelled));
            }
        }
        Ok(out)
    };
    let mut out = Vec::with_capacity(count);
    std::thread::scope(|scope| {
        let run = &run;
        let others: Vec<_> = (share..count).step_by(share).map(|first| scope.spawn(move || run(first))).collect();
        out.extend(run(0)?);
        for other in others {
            out.extend(other.join().map_err(|_| HeError::Shape { what: "a thread failed" })??);
        }
        Ok(out)
    })
}

/// Each number, of up to twice the modulus's width, modulo `modulus`.
pub(crate) fn reduce(
    engine: &Engine,
    modulus: &Modulus,
    numbers: &Numbers,
    control: Control<'_>,
) -> Result<Numbers, HeError> {
    let mut out = Numbers::zero(modulus.limbs(), numbers.count());
    fill(engine, &mut out, &quiet(control), |i, item| {
        let mut entered = Zeroizing::new(vec![0; modulus.limbs()]);
        modulus.enter_wide(numbers.item(i), &mut entered);
        modulus.leave(&entered, item);
    })?;
    Ok(out)
}

/// A control for a step that is only part of an item's work.
pub(crate) fn quiet<'a>(control: Control<'a>) -> impl Fn(usize) -> ControlFlow<()> + Sync + 'a {
    move |_| control(0)
}

/// (1/a) * R modulo a prime, for `a` of up to twice its width: a^(p-2) (Fermat), in time that depends on the width alone.
/// The usual ways by the extended Euclidean algorithm branch, in one place at least that the compiler makes of code that
/// does not (crypto-bigint 0.7's, as memcheck shows). An error where there is none, or where the modulus is not prime.
pub(crate) fn inverse_modulo_prime(prime: &Modulus, a: &[u64]) -> Result<Zeroizing<Vec<u64>>, HeError> {
    let limbs = prime.limbs();
    let mut entered = Zeroizing::new(vec![0; limbs]);
    prime.enter_wide(a, &mut entered);
    let mut exponent = Zeroizing::new(prime.n().to_vec());
    sub(&mut exponent, &[2]);
    let mut inverse = Zeroizing::new(vec![0; limbs]);
    prime.mont_pow(&entered, &exponent, &mut inverse);
    let mut product = Zeroizing::new(vec![0; limbs]);
    prime.mont_mul(&entered, &inverse, &mut product);
    let is_inverse = product.as_slice().ct_eq(prime.one());
    // secret: whether there is an inverse modulo a prime: there is, or the call ends.
    match bool::from(is_inverse) {
        true => Ok(inverse),
        false => Err(HeError::NotAUnit),
    }
}

/// The first index whose mark is not 1, as the error: found after all marks were made, which takes the same time whatever they are.
pub(crate) fn all_good(marks: impl Iterator<Item = u64>) -> Result<(), usize> {
    let marks: Vec<u64> = marks.collect();
    let all = marks.iter().fold(1, |all, mark| all & mark);
    // secret: whether all elements are what they have to be; true in every call that goes on.
    if all == 1 { Ok(()) } else { Err(marks.iter().position(|mark| *mark != 1).unwrap_or_default()) }
}

/// base^exponent modulo a modulus of up to the base's width; the base may be above it.
pub(crate) fn power_of(modulus: &Modulus, base: &[u64], exponent: &[u64]) -> Zeroizing<Vec<u64>> {
    let mut entered = Zeroizing::new(vec![0; modulus.limbs()]);
    modulus.enter_wide(base, &mut entered);
    let mut power = Zeroizing::new(vec![0; modulus.limbs()]);
    modulus.mont_pow(&entered, exponent, &mut power);
    modulus.leave(&power, &mut entered);
    entered
}

pub(crate) fn is_one(number: &[u64]) -> bool {
    number[0] == 1 && number[1..].iter().all(|limb| *limb == 0)
}

/// modulus - 1
pub(crate) fn less_one(modulus: &Modulus) -> Zeroizing<Vec<u64>> {
    let mut out = Zeroizing::new(modulus.n().to_vec());
    sub(&mut out, &[1]);
    out
}

pub(crate) fn unit(error: engine::EngineError) -> HeError {
    match error {
        engine::EngineError::NotInvertible => HeError::NotAUnit,
        e => e.into(),
    }
}
