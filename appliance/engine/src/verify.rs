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
//! result passes with probability 2^-32 at most. A test with small random exponents would need a group without
//! elements of small order; this one does not, so that y -> n - y is caught like everything else. The subsets are drawn
//! after the card has answered, from the kernel's random numbers.
//!
//! All 32 products share their work: the subsets are taken 8 at a time, each item goes into one of 256 buckets by its
//! membership in these 8, and the buckets are folded into the 8 products.

use std::thread;

use zeroize::Zeroizing;

use crate::{EngineError, FixedBase, Modulus, Numbers};

/// Independent subsets; a wrong batch passes with probability 2^-SUBSETS.
pub const SUBSETS: usize = 32;
/// Subsets that share one set of buckets.
const GROUP: usize = 8;
const BUCKETS: usize = 1 << GROUP;

/// Whether `results` are the base's powers by `exponents`.
pub fn fixed_base(
    base: &FixedBase,
    exponents: &Numbers,
    results: &Numbers,
    threads: usize,
) -> Result<bool, EngineError> {
    if results.count() != exponents.count() {
        return Ok(false);
    }
    let picks = Picks::draw(results.count())?;
    let products = subset_products(base.modulus(), results, &picks, threads);
    let sums = subset_sums(exponents, &picks);
    let mut expected = Numbers::zero(base.modulus().limbs(), SUBSETS);
    let portable = crate::Portable::with_threads(threads);
    portable.fill(&mut expected, &crate::unattended, |j, item| base.pow(sums.item(j), item))?;
    Ok(expected.words() == products.words())
}

/// Whether `results` are `bases` to the power of `exponent`.
pub fn common_exponent(
    modulus: &Modulus,
    bases: &Numbers,
    exponent: &[u64],
    results: &Numbers,
    threads: usize,
) -> Result<bool, EngineError> {
    if results.count() != bases.count() {
        return Ok(false);
    }
    let picks = Picks::draw(results.count())?;
    let products = subset_products(modulus, results, &picks, threads);
    let base_products = subset_products(modulus, bases, &picks, threads);
    let mut expected = Numbers::zero(modulus.limbs(), SUBSETS);
    let portable = crate::Portable::with_threads(threads);
    portable.fill(&mut expected, &crate::unattended, |j, item| modulus.pow(base_products.item(j), exponent, item))?;
    Ok(expected.words() == products.words())
}

/// Multiplications that it takes to form all subset products of `items`.
pub(crate) fn products_cost(items: usize) -> usize {
    SUBSETS / GROUP * (items + 2 * BUCKETS) + SUBSETS * 40
}

/// Bit j of word i: item i is in subset j.
struct Picks(Vec<u32>);

impl Picks {
    fn draw(items: usize) -> Result<Picks, EngineError> {
        let mut bytes = vec![0; items * 4];
        getrandom::fill(&mut bytes).map_err(EngineError::Randomness)?;
        Ok(Picks(bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()))
    }

    fn bucket(&self, item: usize, group: usize) -> usize {
        (self.0[item] >> (group * GROUP)) as usize & (BUCKETS - 1)
    }

    fn members(&self, subset: usize) -> u64 {
        self.0.iter().filter(|word| *word >> subset & 1 == 1).count() as u64
    }
}

/// The products of the items in each subset, plain.
fn subset_products(modulus: &Modulus, items: &Numbers, picks: &Picks, threads: usize) -> Numbers {
    let limbs = modulus.limbs();
    let mut products = Numbers::zero(limbs, SUBSETS);
    let groups: Vec<_> = products.words_mut().chunks_exact_mut(GROUP * limbs).enumerate().collect();
    let per_thread = groups.len().div_ceil(threads.max(1));
    let mut groups = groups.into_iter();
    thread::scope(|scope| {
        loop {
            let share: Vec<_> = groups.by_ref().take(per_thread).collect();
            if share.is_empty() {
                break;
            }
            scope.spawn(move || share.into_iter().for_each(|(g, out)| group_products(modulus, items, picks, g, out)));
        }
    });
    products
}

fn group_products(modulus: &Modulus, items: &Numbers, picks: &Picks, group: usize, out: &mut [u64]) {
    let limbs = modulus.limbs();
    let mut buckets = Numbers::zero(limbs, BUCKETS);
    buckets.iter_mut().for_each(|bucket| bucket.copy_from_slice(modulus.one()));
    let mut scratch = Zeroizing::new(vec![0; limbs]);
    let mut times = |into: &mut [u64], factor: &[u64]| {
        modulus.mont_mul(into, factor, &mut scratch);
        into.copy_from_slice(&scratch);
    };
    for (i, item) in items.iter().enumerate() {
        let bucket = picks.bucket(i, group);
        // Bucket 0 is in none of the subsets.
        if bucket != 0 {
            times(buckets.item_mut(bucket), item);
        }
    }
    for bit in (0..GROUP).rev() {
        let product = &mut out[bit * limbs..][..limbs];
        product.copy_from_slice(modulus.one());
        let (low, high) = buckets.words_mut().split_at_mut(limbs << bit);
        for (low, high) in low.chunks_exact_mut(limbs).zip(high.chunks_exact(limbs)).skip(1) {
            times(product, high);
            times(low, high);
        }
        times(product, &high[..limbs]);
        // Items come plain, so each has divided the product by R: c members, and R^c puts it right.
        let members = picks.members(group * GROUP + bit);
        let mut correction = Zeroizing::new(vec![0; limbs]);
        modulus.mont_pow(modulus.r_squared(), &[members], &mut correction);
        times(product, &correction);
        let entered = product.to_vec();
        modulus.leave(&entered, product);
    }
}

/// The sums of the exponents in each subset: never reduced, since the group's order is nobody's business here.
fn subset_sums(exponents: &Numbers, picks: &Picks) -> Numbers {
    let limbs = exponents.limbs() + 1;
    let mut sums = Numbers::zero(limbs, SUBSETS);
    for group in 0..SUBSETS / GROUP {
        let mut buckets = Numbers::zero(limbs, BUCKETS);
        for (i, exponent) in exponents.iter().enumerate() {
            add(buckets.item_mut(picks.bucket(i, group)), exponent);
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

/// a = a + b; a is as wide as the sum needs.
fn add(a: &mut [u64], b: &[u64]) {
    let mut carry = 0;
    for (i, a) in a.iter_mut().enumerate() {
        let sum = u128::from(*a) + u128::from(b.get(i).copied().unwrap_or(0)) + u128::from(carry);
        (*a, carry) = (sum as u64, (sum >> 64) as u64);
    }
}
