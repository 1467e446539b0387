//! The check of a card's batch, at a small part of the cost of computing it.
//!
//! The random subset test of M. Bellare, J. A. Garay and T. Rabin, "Fast batch verification for modular exponentiation
//! and digital signatures" (EUROCRYPT 1998): for each of 32 independent, uniformly random subsets S of the batch,
//!
//! - one base g, exponents e_i: the product of the y_i in S must be g to the sum of the e_i in S;
//! - one exponent e, bases x_i: the product of the y_i in S must be (the product of the x_i in S) to e.
//!
//! If any result is wrong, a random subset shows it with probability 1/2 at least, whatever the structure of the group:
//! fix the rest of the subset, and of the two choices for the wrong item at most one can fit. So a batch with a wrong
//! result passes with probability 2^-32 at most, each time that a card tries. A card that is caught is out of service until
//! it has reset itself and passed its self-test, with pauses in between that grow to ten minutes (computed's card monitor):
//! one that lies whenever it can has some 53,000 tries a year, and passes once with a probability of 2^-16 a year. A test
//! with small random exponents would need a group without elements of small order; this one does not, so that y -> n - y is
//! caught like everything else. The subsets are drawn after the card has answered, from the kernel's random numbers.
//!
//! "At most one can fit" cancels the rest of the subset, and so the bases must have inverses modulo n; the results need
//! not. A product with 0 in it is 0 whatever the others are: among four zeros a wrong result would pass 36 times in a
//! hundred. Bases come as [`Units`], and what is none is for the processor.
//!
//! All 32 products share their work: the subsets are taken 8 at a time, each item goes into one of 256 buckets by its
//! membership in these 8, and the buckets are folded into the 8 products.

use std::ops::Range;

use limbs::add;
use montgomery_lanes::Modulus as Lanes;

use crate::backend::Backend;
use crate::control::unattended;
use crate::cpu::Cpu;
use crate::error::EngineError;
use crate::fixed_base::Factors;
use crate::fixed_base::FixedBase;
use crate::modulus::Modulus;
use crate::numbers::Numbers;
use crate::pow::ones;
use crate::products::{multiply_by_powers_of_r, products};
use crate::units::Units;

/// Independent subsets; a wrong batch passes with probability 2^-SUBSETS.
pub const SUBSETS: usize = 32;
/// Subsets that share one set of buckets.
const GROUP: usize = 8;
const BUCKETS: usize = 1 << GROUP;

/// Whether `results` are the base's powers by `exponents`. The base has an inverse ([`FixedBase::is_unit`]), or this says nothing.
pub fn fixed_base(base: &FixedBase, exponents: &Numbers, results: &Numbers, cpu: &Cpu) -> Result<bool, EngineError> {
    if results.count() != exponents.count() {
        return Ok(false);
    }
    let subsets = RandomSubsets::draw(results.count())?;
    let products = subset_products(base.modulus(), results, &subsets, cpu)?;
    let sums = subset_sums(exponents, &subsets);
    let expected = base.powers(cpu, &sums, Factors::None, &unattended)?;
    Ok(expected.words() == products.words())
}

/// Whether `results` are `bases` to the power of `exponent`.
pub fn common_exponent(
    modulus: &Modulus,
    bases: &Units,
    exponent: &[u64],
    results: &Numbers,
    cpu: &Cpu,
) -> Result<bool, EngineError> {
    let bases = bases.numbers();
    if results.count() != bases.count() {
        return Ok(false);
    }
    let subsets = RandomSubsets::draw(results.count())?;
    let products = subset_products(modulus, results, &subsets, cpu)?;
    let base_products = subset_products(modulus, bases, &subsets, cpu)?;
    let expected = cpu.pow_common(modulus, &base_products, exponent, &unattended)?;
    Ok(expected.words() == products.words())
}

/// Multiplications that it takes to form all subset products of `items`.
pub(crate) fn products_cost(items: usize) -> usize {
    SUBSETS / GROUP * (items + 2 * BUCKETS) + SUBSETS * 40
}

/// Bit j of word i: item i is in subset j.
struct RandomSubsets(Vec<u32>);

impl RandomSubsets {
    fn draw(items: usize) -> Result<RandomSubsets, EngineError> {
        let mut bytes = vec![0; items * 4];
        getrandom::fill(&mut bytes).map_err(EngineError::Randomness)?;
        Ok(RandomSubsets(bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()))
    }

    fn bucket(&self, item: usize, group: usize) -> usize {
        (self.0[item] >> (group * GROUP)) as usize & (BUCKETS - 1)
    }

    fn members(&self, subset: usize, items: Range<usize>) -> u64 {
        self.0[items].iter().filter(|word| *word >> subset & 1 == 1).count() as u64
    }
}

/// The products of the items in each subset, plain. A lane has a share of the items, with buckets of its own.
fn subset_products(
    modulus: &Modulus,
    items: &Numbers,
    subsets: &RandomSubsets,
    cpu: &Cpu,
) -> Result<Numbers, EngineError> {
    let (limbs, lanes) = (modulus.limbs(), cpu.unit().lanes());
    let m = modulus.lanes(cpu.unit());
    // All lanes' products; those of one subset follow each other.
    let mut partial = Numbers::zero(limbs, SUBSETS * lanes);
    cpu.blocks(
        &mut partial,
        GROUP * lanes,
        &unattended,
        || (),
        |(), first, words| {
            group_products(m, items, subsets, first / (GROUP * lanes), words);
        },
    )?;
    products(cpu, modulus, &partial, (SUBSETS, lanes), &|subset, lane| subset * lanes + lane, &unattended)
}

fn group_products(m: &Lanes, items: &Numbers, subsets: &RandomSubsets, group: usize, out: &mut [u64]) {
    let (lanes, mut scratch) = (m.unit().lanes(), m.scratch());
    let share = items.count().div_ceil(lanes);
    let (one, plain_one) = ones(m, &mut scratch);
    let mut pool = m.pool(lanes * BUCKETS);
    let place = |lane: usize, bucket: usize| lane * BUCKETS + bucket;
    for bucket in 0..BUCKETS {
        let index: Vec<usize> = (0..lanes).map(|lane| place(lane, bucket)).collect();
        m.scatter(&one, &mut pool, &index, &scratch);
    }
    let (mut number, mut bucket, mut product) = (m.group(), m.group(), m.group());
    for i in 0..share {
        let item = |lane: usize| Some(lane * share + i).filter(|item| *item < items.count());
        // Bucket 0 is in none of the subsets, and takes what lanes without an item multiply.
        let at = |lane: usize| place(lane, item(lane).map_or(0, |item| subsets.bucket(item, group)));
        let index: Vec<usize> = (0..lanes).map(at).collect();
        m.load(&mut number, (0..lanes).map(|lane| item(lane).map_or(&[][..], |item| items.item(item))), &mut scratch);
        m.gather(&pool, &index, &mut bucket, &scratch);
        m.multiply(&mut bucket, &number, &mut scratch);
        m.scatter(&bucket, &mut pool, &index, &scratch);
    }
    for bit in (0..GROUP).rev() {
        product.copy_from(&one);
        // Bucket k + 2^bit counts for this subset, and goes on as bucket k to the lower ones.
        for k in 0..1 << bit {
            let low: Vec<usize> = (0..lanes).map(|lane| place(lane, k)).collect();
            let high: Vec<usize> = (0..lanes).map(|lane| place(lane, k + (1 << bit))).collect();
            m.gather(&pool, &high, &mut bucket, &scratch);
            m.multiply(&mut product, &bucket, &mut scratch);
            m.gather(&pool, &low, &mut number, &scratch);
            m.multiply(&mut number, &bucket, &mut scratch);
            m.scatter(&number, &mut pool, &low, &scratch);
        }
        // Items come plain, so each has divided the product by R; R to the number of members takes that back, lane by lane.
        let members = |lane: usize| {
            let own = (lane * share).min(items.count())..((lane + 1) * share).min(items.count());
            subsets.members(group * GROUP + bit, own)
        };
        let counts: Vec<u64> = (0..lanes).map(members).collect();
        multiply_by_powers_of_r(m, &mut product, &counts, &mut scratch);
        m.multiply(&mut product, &plain_one, &mut scratch);
        m.store(&product, &mut out[bit * lanes * m.limbs()..][..lanes * m.limbs()], &mut scratch);
    }
}

/// The sums of the exponents in each subset: never reduced, since the group's order is nobody's business here.
fn subset_sums(exponents: &Numbers, subsets: &RandomSubsets) -> Numbers {
    let limbs = exponents.limbs() + 1;
    let mut sums = Numbers::zero(limbs, SUBSETS);
    for group in 0..SUBSETS / GROUP {
        let mut buckets = Numbers::zero(limbs, BUCKETS);
        for (i, exponent) in exponents.iter().enumerate() {
            add(buckets.item_mut(subsets.bucket(i, group)), exponent);
        }
        for bit in (0..GROUP).rev() {
            let (low, high) = buckets.words_mut().split_at_mut(limbs << bit);
            for (low, high) in low.chunks_exact_mut(limbs).zip(high.chunks_exact(limbs)) {
                add(sums.item_mut(group * GROUP + bit), high);
                add(low, high);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::separate;

    const ITEMS: usize = 40;
    const ZEROS: usize = 4;
    const TRIES: usize = 200;

    /// The attack: one wrong result among bases of which four are 0. With them it passes 36 times in a hundred; without
    /// them, as cards are checked, never.
    #[test]
    fn a_wrong_result_passes_among_zeros_and_not_among_units() {
        // 2^512 - 569 is prime.
        let mut n = vec![u64::MAX; 8];
        n[0] -= 568;
        let (modulus, cpu) = (Modulus::new(&n).unwrap(), Cpu::new());
        let mut bases = Numbers::zero(8, ITEMS);
        bases.iter_mut().enumerate().skip(ZEROS).for_each(|(i, item)| item[0] = i as u64 + 2);
        let exponent = [65537];
        let mut results = cpu.pow_common(&modulus, &bases, &exponent, &unattended).unwrap();
        results.item_mut(ITEMS - 1)[0] ^= 1;

        let believed = Units::believed(bases.slice(0..ITEMS));
        let passes = |_: &usize| common_exponent(&modulus, &believed, &exponent, &results, &cpu).unwrap();
        let passed = (0..TRIES).filter(passes).count();
        // (1 - 2^-5)^32 of 200 is 72, with a standard deviation of 7.
        assert!((30..115).contains(&passed), "{passed} of {TRIES}");

        let separated = separate(&cpu, &modulus, &bases).unwrap();
        assert_eq!(separated.others, (0..ZEROS).collect::<Vec<_>>());
        let results = results.slice(ZEROS..ITEMS);
        let passes = |_: &usize| common_exponent(&modulus, &separated.units, &exponent, &results, &cpu).unwrap();
        assert_eq!((0..TRIES).filter(passes).count(), 0);
    }
}
