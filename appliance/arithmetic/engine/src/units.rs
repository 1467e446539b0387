//! Which numbers have an inverse modulo the modulus. The check of a card's results holds for powers of these alone (see
//! [`crate::verify`]), and nobody promises that what comes from outside is one of them.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::control::unattended;
use crate::cpu::Cpu;
use crate::error::EngineError;
use crate::inverse::invert;
use crate::modulus::{Modulus, check_reduced};
use crate::numbers::Numbers;
use crate::products::products;

/// Draws of a random unit. A modulus of small primes alone has few of them; one that a scheme uses has no number but units
/// that anybody will ever draw.
const DRAWS: usize = 128;

/// Numbers that all have an inverse modulo the modulus which they were told apart by.
pub struct Units(Numbers);

/// Numbers, told apart by whether they have an inverse.
pub struct Separated {
    /// Those that have one, in their order.
    pub units: Units,
    /// The indices of those that have none, ascending.
    pub others: Vec<usize>,
}

impl Units {
    pub fn numbers(&self) -> &Numbers {
        &self.0
    }

    pub fn slice(&self, items: std::ops::Range<usize>) -> Units {
        Units(self.0.slice(items))
    }

    /// What is no unit, believed to be one: for the test that shows what then passes.
    #[cfg(test)]
    pub(crate) fn believed(numbers: Numbers) -> Units {
        Units(numbers)
    }
}

/// Tells numbers below the modulus apart. Where all are units, which only who knows a factor of the modulus can make
/// untrue, it takes a product each and one inversion.
///
/// Inversion looks at its operand's bits, so it sees the number times a random unit: for a unit that is any unit.
pub fn separate(cpu: &Cpu, modulus: &Modulus, numbers: &Numbers) -> Result<Separated, EngineError> {
    check_reduced(modulus, numbers)?;
    let all = |units| Separated { units: Units(units), others: Vec::new() };
    if numbers.count() == 0 {
        return Ok(all(numbers.slice(0..0)));
    }
    let Some(mut blind) = random_unit(modulus)? else {
        return Ok(Separated { units: Units(numbers.slice(0..0)), others: (0..numbers.count()).collect() });
    };
    let product = products(cpu, modulus, numbers, (1, numbers.count()), &|_, term| term, &unattended)?;
    if is_unit(modulus, product.item(0), &blind) {
        return Ok(all(numbers.slice(0..numbers.count())));
    }
    // A factor of its own each: the powers of one.
    let step = blind.clone();
    let mut next = Zeroizing::new(vec![0; modulus.limbs()]);
    let (mut units, mut others) = (Vec::new(), Vec::new());
    for (index, number) in numbers.iter().enumerate() {
        modulus.mul(&blind, &step, &mut next);
        std::mem::swap(&mut blind, &mut next);
        if is_unit(modulus, number, &blind) { units.push(index) } else { others.push(index) }
    }
    Ok(Separated { units: Units(numbers.pick(&units)), others })
}

/// The first of numbers below the modulus that has no inverse. The numbers are public. Where all have one it takes a product each and
/// one inversion, and where one has none as much again and the logarithm of inversions: whoever sends such numbers causes no more.
pub fn first_without_inverse(cpu: &Cpu, modulus: &Modulus, numbers: &Numbers) -> Result<Option<usize>, EngineError> {
    let all_have = |items: Range<usize>| -> Result<bool, EngineError> {
        let product = products(cpu, modulus, numbers, (1, items.len()), &|_, term| items.start + term, &unattended)?;
        Ok(invert(modulus, product.item(0)).is_ok())
    };
    if all_have(0..numbers.count())? {
        return Ok(None);
    }
    // The first is in this range.
    let (mut start, mut end) = (0, numbers.count());
    while end - start > 1 {
        let middle = start + (end - start) / 2;
        if all_have(start..middle)? { start = middle } else { end = middle }
    }
    Ok(Some(start))
}

/// The inverse of a number below the modulus, if it has one; blinded as in [`separate`].
pub(crate) fn inverse_of_unit(modulus: &Modulus, number: &[u64]) -> Option<Zeroizing<Vec<u64>>> {
    let blind = random_unit(modulus).ok()??;
    let (mut blinded, mut inverse) =
        (Zeroizing::new(vec![0; modulus.limbs()]), Zeroizing::new(vec![0; modulus.limbs()]));
    modulus.mul(number, &blind, &mut blinded);
    let found = Zeroizing::new(invert(modulus, &blinded).ok()?);
    modulus.mul(&found, &blind, &mut inverse);
    Some(inverse)
}

fn is_unit(modulus: &Modulus, number: &[u64], blind: &[u64]) -> bool {
    let mut blinded = Zeroizing::new(vec![0; modulus.limbs()]);
    modulus.mul(number, blind, &mut blinded);
    invert(modulus, &blinded).is_ok()
}

/// One that nobody knows, if a few draws find any.
fn random_unit(modulus: &Modulus) -> Result<Option<Zeroizing<Vec<u64>>>, EngineError> {
    let spare = (modulus.limbs() * 64 - modulus.bits()) as u32;
    for _ in 0..DRAWS {
        let mut bytes = Zeroizing::new(vec![0; modulus.limbs() * 8]);
        getrandom::fill(&mut bytes).map_err(EngineError::Randomness)?;
        let mut limbs = Zeroizing::new(vec![0; modulus.limbs()]);
        crate::numbers::read_be(&bytes, &mut limbs);
        limbs[modulus.limbs() - 1] >>= spare;
        if modulus.contains(&limbs) && invert(modulus, &limbs).is_ok() {
            return Ok(Some(limbs));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product_of(primes: &[u64]) -> Modulus {
        // Wide enough to be a modulus, odd, and with these factors alone.
        let mut product = vec![1u64];
        while product.len() < 5 {
            for prime in primes {
                let mut next = vec![0; product.len() + 1];
                limbs::mul_wide(&product, &[*prime], &mut next);
                next.truncate(next.iter().rposition(|limb| *limb != 0).unwrap() + 1);
                product = next;
            }
        }
        Modulus::new(&product).unwrap()
    }

    fn numbers(modulus: &Modulus, values: &[u64]) -> Numbers {
        let mut numbers = Numbers::zero(modulus.limbs(), values.len());
        numbers.iter_mut().zip(values).for_each(|(item, value)| item[0] = *value);
        numbers
    }

    #[test]
    fn what_shares_a_factor_with_the_modulus_is_told_apart() {
        let modulus = product_of(&[3, 65537]);
        let values = [2, 0, 1, 3, 65537, 4, 9, 5, 65536, 7, 8, 10, 11];
        for unit in montgomery_lanes::Unit::all() {
            let cpu = Cpu::with(1, unit);
            let found = separate(&cpu, &modulus, &numbers(&modulus, &values)).unwrap();
            assert_eq!(found.others, [1, 3, 4, 6], "{cpu:?}");
            let left: Vec<u64> = found.units.numbers().iter().map(|item| item[0]).collect();
            assert_eq!(left, [2, 1, 4, 5, 65536, 7, 8, 10, 11]);
            let found = separate(&cpu, &modulus, &numbers(&modulus, &[2, 1, 4, 5])).unwrap();
            assert!(found.others.is_empty() && found.units.numbers().count() == 4);
            let found = separate(&cpu, &modulus, &numbers(&modulus, &[0])).unwrap();
            assert_eq!((found.others, found.units.numbers().count()), (vec![0], 0));
            assert!(separate(&cpu, &modulus, &numbers(&modulus, &[])).unwrap().others.is_empty());
            let first = |values: &[u64]| first_without_inverse(&cpu, &modulus, &numbers(&modulus, values)).unwrap();
            assert_eq!([first(&values), first(&[2, 4]), first(&[])], [Some(1), None, None]);
            for bad in 0..values.len() {
                let values: Vec<u64> = (0..values.len()).map(|i| if i < bad { 2 } else { 3 }).collect();
                assert_eq!(first(&values), Some(bad));
            }
        }
    }
}
