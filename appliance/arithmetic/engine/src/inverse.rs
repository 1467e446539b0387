//! Inverses, many at the price of one.

use crypto_bigint::{BoxedUint, Odd};

use montgomery_lanes::{Group, Scratch};

use crate::control::Control;
use crate::cpu::Cpu;
use crate::error::EngineError;
use crate::modulus::Modulus;
use crate::modulus::check_reduced;
use crate::numbers::Numbers;
use crate::pow::ones;

/// 1/a modulo n, plain.
pub fn invert(modulus: &Modulus, a: &[u64]) -> Result<Vec<u64>, EngineError> {
    let number = |limbs: &[u64]| BoxedUint::from_words(limbs.iter().copied());
    let n = Option::<Odd<BoxedUint>>::from(number(modulus.n()).to_odd()).ok_or(EngineError::EvenModulus)?;
    let inverse = Option::<BoxedUint>::from(number(a).invert_odd_mod(&n)).ok_or(EngineError::NotInvertible)?;
    let mut limbs = inverse.to_words().to_vec();
    limbs.resize(modulus.limbs(), 0);
    Ok(limbs)
}

/// All inverses, plain, with one inversion and three multiplications each (P. Montgomery's trick); each lane goes through
/// a share of the numbers.
pub fn invert_each(
    cpu: &Cpu,
    modulus: &Modulus,
    numbers: &mut Numbers,
    control: Control<'_>,
) -> Result<(), EngineError> {
    check_reduced(modulus, numbers)?;
    let (lanes, limbs, count) = (cpu.unit().lanes(), modulus.limbs(), numbers.count());
    if count == 0 {
        return Ok(());
    }
    let m = modulus.lanes(cpu.unit());
    let steps = count.div_ceil(lanes);
    let mut one = vec![0; limbs];
    one[0] = 1;
    let source = numbers.slice(0..count);
    let item = |lane: usize, step: usize| {
        let i = lane * steps + step;
        if i < count { source.item(i) } else { one.as_slice() }
    };
    // prefixes[step] is the product of the lane's numbers before that step, in Montgomery form.
    let mut scratch = m.scratch();
    let (mut product, plain_one) = ones(m, &mut scratch);
    let (mut r_squared, mut factor) = (m.group(), m.group());
    m.set_all(&mut r_squared, m.r_squared(), &mut scratch);
    let mut prefixes = Vec::with_capacity(steps);
    let load = |step: usize, factor: &mut Group, scratch: &mut Scratch| {
        m.load(factor, (0..lanes).map(|lane| item(lane, step)), scratch);
        m.multiply(factor, &r_squared, scratch);
    };
    for step in 0..steps {
        let mut prefix = m.group();
        prefix.copy_from(&product);
        prefixes.push(prefix);
        load(step, &mut factor, &mut scratch);
        m.multiply(&mut product, &factor, &mut scratch);
        if step % 64 == 0 && control(0).is_break() {
            return Err(EngineError::Cancelled);
        }
    }
    let mut totals = Numbers::zero(limbs, lanes);
    m.multiply(&mut product, &plain_one, &mut scratch);
    m.store(&product, totals.words_mut(), &mut scratch);
    invert_one_by_one(modulus, &mut totals)?;
    m.load(&mut product, totals.iter(), &mut scratch);
    // Plain: from here on every product with a number in Montgomery form is plain.
    let mut results = Numbers::zero(limbs, lanes);
    for step in (0..steps).rev() {
        let mut inverse = m.group();
        inverse.copy_from(&product);
        m.multiply(&mut inverse, &prefixes[step], &mut scratch);
        m.store(&inverse, results.words_mut(), &mut scratch);
        for (lane, result) in results.iter().enumerate() {
            if lane * steps + step < count {
                numbers.item_mut(lane * steps + step).copy_from_slice(result);
            }
        }
        load(step, &mut factor, &mut scratch);
        m.multiply(&mut product, &factor, &mut scratch);
    }
    Ok(())
}

/// The same, one number after another.
fn invert_one_by_one(modulus: &Modulus, numbers: &mut Numbers) -> Result<(), EngineError> {
    let (limbs, count) = (modulus.limbs(), numbers.count());
    // prefixes[i] is the product of the items before i.
    let mut prefixes = Numbers::zero(limbs, count);
    let mut product = vec![0; limbs];
    product[0] = 1;
    let mut next = vec![0; limbs];
    for i in 0..count {
        prefixes.item_mut(i).copy_from_slice(&product);
        modulus.mul(&product, numbers.item(i), &mut next);
        std::mem::swap(&mut product, &mut next);
    }
    let mut rest = invert(modulus, &product)?;
    for i in (0..count).rev() {
        modulus.mul(&rest, numbers.item(i), &mut next);
        modulus.mul(&rest, prefixes.item(i), numbers.item_mut(i));
        std::mem::swap(&mut rest, &mut next);
    }
    Ok(())
}
