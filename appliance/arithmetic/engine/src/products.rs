//! Products: pair by pair, and of many numbers into one.

use montgomery_lanes::{Group, Modulus as Lanes, Scratch};

use crate::control::Control;
use crate::cpu::Cpu;
use crate::error::EngineError;
use crate::modulus::Modulus;
use crate::modulus::check_reduced;
use crate::numbers::Numbers;
use crate::pow::{load, ones};

/// Terms below which one lane does an output alone.
const TERMS_MIN: usize = 8;

/// a[i] * b[i], plain, for numbers below the modulus.
pub(crate) fn pairs(
    cpu: &Cpu,
    modulus: &Modulus,
    a: &Numbers,
    b: &Numbers,
    control: Control<'_>,
) -> Result<Numbers, EngineError> {
    let (m, lanes) = (modulus.lanes(cpu.unit()), cpu.unit().lanes());
    let mut out = Numbers::zero(modulus.limbs(), a.count());
    let state = || {
        let (mut r_squared, mut scratch) = (m.group(), m.scratch());
        m.set_all(&mut r_squared, m.r_squared(), &mut scratch);
        (m.group(), m.group(), r_squared, scratch)
    };
    cpu.blocks(&mut out, 8 * lanes, control, state, |(x, y, r_squared, scratch), first, words| {
        for (g, words) in words.chunks_mut(lanes * modulus.limbs()).enumerate() {
            load(m, a, first + g * lanes, x, scratch);
            load(m, b, first + g * lanes, y, scratch);
            m.multiply(x, y, scratch);
            m.multiply(x, r_squared, scratch);
            m.store(x, words, scratch);
        }
    })?;
    Ok(out)
}

/// For each output the product of its terms, plain; `at` gives an item's index by output and term. `control` hears of
/// outputs.
pub fn products(
    cpu: &Cpu,
    modulus: &Modulus,
    items: &Numbers,
    (outputs, terms): (usize, usize),
    at: &(dyn Fn(usize, usize) -> usize + Sync),
    control: Control<'_>,
) -> Result<Numbers, EngineError> {
    check_reduced(modulus, items)?;
    let (m, lanes) = (modulus.lanes(cpu.unit()), cpu.unit().lanes());
    // Few outputs with many terms: several lanes for each, whose products are multiplied at the end.
    let slices = (2 * lanes * cpu.threads()).div_ceil(outputs.max(1)).min(terms / TERMS_MIN).max(1);
    let slice = terms.div_ceil(slices);
    let mut one = vec![0; modulus.limbs()];
    one[0] = 1;
    let term = |lane: usize, t: usize| {
        let (output, t) = (lane / slices, lane % slices * slice + t);
        if output < outputs && t < terms { items.item(at(output, t)) } else { one.as_slice() }
    };
    let mut partial = Numbers::zero(modulus.limbs(), outputs * slices);
    let silent = |_: usize| control(0);
    let state = || {
        let mut scratch = m.scratch();
        // Terms come plain, so that all but the first divide by R; this factor takes that back.
        let correction = montgomery_power(m, slice as u128, &mut scratch);
        (m.group(), m.group(), correction, scratch)
    };
    let heard: Control<'_> = if slices == 1 { control } else { &silent };
    cpu.blocks(&mut partial, lanes, heard, state, |(product, factor, correction, scratch), first, words| {
        m.set_all(product, &[1], scratch);
        for t in 0..slice {
            m.load(factor, (first..first + lanes).map(|lane| term(lane, t)), scratch);
            m.multiply(product, factor, scratch);
        }
        m.multiply(product, correction, scratch);
        m.store(product, words, scratch);
    })?;
    if slices == 1 {
        return Ok(partial);
    }
    products(cpu, modulus, &partial, (outputs, slices), &|output, s| output * slices + s, control)
}

/// R^(e + 1) in every lane, that is R^e in Montgomery form: what turns a product of e plain factors, one of them 1, right.
pub(crate) fn montgomery_power(m: &Lanes, e: u128, scratch: &mut Scratch) -> Group {
    let (mut power, _) = ones(m, scratch);
    let mut r_squared = m.group();
    m.set_all(&mut r_squared, m.r_squared(), scratch);
    for bit in (0..128 - e.leading_zeros()).rev() {
        m.square(&mut power, scratch);
        if e >> bit & 1 == 1 {
            m.multiply(&mut power, &r_squared, scratch);
        }
    }
    power
}

/// Multiplies each lane by R to a power of its own, in whatever form the lanes are: what a product of as many plain
/// factors needs.
pub(crate) fn multiply_by_powers_of_r<E>(m: &Lanes, group: &mut Group, exponents: &[E], scratch: &mut Scratch)
where
    E: Copy + Into<u128>,
{
    let exponents: Vec<u128> = exponents.iter().map(|e| (*e).into()).collect();
    let bits = 128 - exponents.iter().fold(0, |all, e| all | e).leading_zeros();
    let (mut power, _) = ones(m, scratch);
    let mut choice = m.group_table(2);
    choice.set(0, &power);
    choice.set(1, &montgomery_power(m, 1, scratch));
    let (mut factor, mut index) = (m.group(), vec![0; m.unit().lanes()]);
    for bit in (0..bits).rev() {
        m.square(&mut power, scratch);
        index.iter_mut().zip(&exponents).for_each(|(index, e)| *index = (e >> bit) as u64 & 1);
        m.select(&choice, &index, &mut factor, scratch);
        m.multiply(&mut power, &factor, scratch);
    }
    m.multiply(group, &power, scratch);
}
