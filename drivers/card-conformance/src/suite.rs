//! What a card computes, through the driver.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use card::{CardError, CardKind, ContextId, LoadedCard, NO_ITEM, Transport, Unverified};
use card_csr::table_bytes;
use num_bigint::BigUint;

use crate::{
    numbers::{hard_moduli, modulus, operands_below, split, to_limbs},
    options::Options,
    problem::{InCase, Problem},
    vectors::{self, Group},
};

pub(crate) fn run<T: Transport>(
    card: &mut LoadedCard<T>,
    options: &Options,
    say: &mut dyn FnMut(&str),
) -> Result<(), Problem> {
    for group in vectors::groups()?.iter().filter(|group| options.widths.contains(&group.bits)) {
        say(&format!("known answers, {} bits", group.bits));
        known_answers(card, group, options)?;
    }
    for bits in options.widths.iter().copied().filter(|bits| *bits >= 192) {
        say(&format!("batches, {bits} bits"));
        batches(card, &modulus(bits), bits, options)?;
        for (name, n) in hard_moduli(bits) {
            say(&format!("modulus of {bits} bits: {name}"));
            products(card, &n, bits)?;
        }
    }
    let bits = options.widths.iter().copied().min().unwrap_or(1024).max(192);
    say("contexts side by side");
    contexts(card, bits)?;
    say("counters");
    counters(card)?;
    say("recovery");
    recovery(card, bits)
}

/// A bound for a batch that no test should reach.
pub fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(3600)
}

pub fn carry_on(_done: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Opens results that the caller compares by itself.
pub fn open(results: Result<Unverified<Vec<u64>>, CardError>) -> Result<Vec<u64>, CardError> {
    results?.verify(|_| Ok(()))
}

/// A context with a base of 2 for exponents of 128 bits, and its modulus.
pub fn context<T: Transport>(card: &mut LoadedCard<T>, bits: usize) -> Result<(ContextId, BigUint), CardError> {
    let (n, limbs) = (modulus(bits), bits / 64);
    let two = to_limbs(&BigUint::from(2u32), limbs);
    Ok((card.load_context(&to_limbs(&n, limbs), Some((&two, 128)))?, n))
}

/// Operands of a batch, as flat limbs.
pub fn operands(n: &BigUint, items: usize, limbs: usize, seed: u32) -> Vec<u64> {
    operands_below(n, items, seed).iter().flat_map(|value| to_limbs(value, limbs)).collect()
}

fn known_answers<T: Transport>(card: &mut LoadedCard<T>, group: &Group, options: &Options) -> Result<(), Problem> {
    let (bits, limbs) = (group.bits, group.modulus.len());
    let case = |what: &str| format!("known answers, {bits} bits, {what}");
    let fits = table_bytes(group.exponent_bits, limbs) <= card.identity().table_bytes;
    // A simulation takes minutes for the table of a wide modulus.
    let tabled = fits && (bits <= 192 || !options.quick);
    let base = tabled.then_some((&group.base[..], group.exponent_bits));
    let context = card.load_context(&group.modulus, base).in_case(&case("loading"))?;
    let [a, b, product] = &group.modmul;
    let found = open(card.modmul(context, a, b, deadline(), &mut carry_on)).in_case(&case("products"))?;
    equal(&case("products"), limbs, &found, product)?;
    if bits <= 192 || !options.quick {
        let [base, power] = &group.modexp;
        let found = card.modexp(context, base, &group.exponent, deadline(), &mut carry_on);
        equal(&case("powers"), limbs, &open(found).in_case(&case("powers"))?, power)?;
    }
    if tabled {
        let ([exponents, powers], width) = (&group.fixed_base, group.exponent_bits.div_ceil(64));
        let found = open(card.fixed_base(context, exponents, width, deadline(), &mut carry_on));
        equal(&case("powers of a base"), limbs, &found.in_case(&case("powers of a base"))?, powers)?;
    }
    card.load_vector(context, 0, &group.vector, deadline(), &mut carry_on).in_case(&case("vector"))?;
    let found = card.multiply_accumulate(context, &group.lists, group.list_words, deadline(), &mut carry_on);
    equal(&case("lists"), limbs, &open(found).in_case(&case("lists"))?, &group.list_products)?;
    card.unload_context(context).in_case(&case("unloading"))
}

/// Batches that fill less than an engine's slots, and many jobs.
fn batches<T: Transport>(card: &mut LoadedCard<T>, n: &BigUint, bits: usize, options: &Options) -> Result<(), Problem> {
    let limbs = bits / 64;
    let slots = card.identity().slots;
    let sizes = if options.quick { vec![1, slots + 1] } else { vec![1, 3, 300] };
    let exponent_bits = if options.quick { 8 } else { 128 };
    let two = to_limbs(&BigUint::from(2u32), limbs);
    let fits = table_bytes(exponent_bits, limbs) <= card.identity().table_bytes;
    let base = fits.then_some((&two[..], exponent_bits));
    let context = card.load_context(&to_limbs(n, limbs), base).in_case("batches, loading")?;
    for items in sizes {
        let case = |what: &str| format!("{items} {what} of {bits} bits");
        let (a, b) = (operands(n, items, limbs, 7), operands(n, items, limbs, 11));
        let (bases, factors) = (split(&a, limbs), split(&b, limbs));

        let mut reports = Vec::new();
        let mut progress = |done| {
            reports.push(done);
            ControlFlow::Continue(())
        };
        let found = open(card.modmul(context, &a, &b, deadline(), &mut progress)).in_case(&case("products"))?;
        let expected = bases.iter().zip(&factors).map(|(a, b)| a * b % n);
        equal(&case("products"), limbs, &found, &flat(expected, limbs))?;
        if reports.last() != Some(&items) {
            return Err(Problem::wrong(&case("products"), format!("progress {reports:?}")));
        }

        let exponent = if options.quick { [0x1_0001] } else { [0x8000_0001_dead_beef] };
        let found = open(card.modexp(context, &a, &exponent, deadline(), &mut carry_on)).in_case(&case("powers"))?;
        let e = BigUint::from(exponent[0]);
        equal(&case("powers"), limbs, &found, &flat(bases.iter().map(|a| a.modpow(&e, n)), limbs))?;

        if fits {
            let width = exponent_bits.div_ceil(64);
            let mask = if exponent_bits < 64 { (1 << exponent_bits) - 1 } else { u64::MAX };
            let exponents: Vec<u64> = a.chunks(limbs).flat_map(|item| item[..width].iter().map(|e| e & mask)).collect();
            let found = open(card.fixed_base(context, &exponents, width, deadline(), &mut carry_on));
            let powers = exponents.chunks(width).map(|e| BigUint::from(2u32).modpow(&crate::numbers::from_limbs(e), n));
            equal(&case("powers of a base"), limbs, &found.in_case(&case("powers of a base"))?, &flat(powers, limbs))?;
        }
        lists(card, context, n, &a, limbs, items)?;
    }
    card.unload_context(context).in_case("batches, unloading")
}

/// The vector is overwritten by each batch; lists walk over it with strides.
fn lists<T: Transport>(
    card: &mut LoadedCard<T>,
    context: ContextId,
    n: &BigUint,
    vector: &[u64],
    limbs: usize,
    items: usize,
) -> Result<(), Problem> {
    const INDICES: usize = 6;
    let case = format!("{items} lists over a vector of {} bits", limbs * 64);
    card.load_vector(context, 0, vector, deadline(), &mut carry_on).in_case(&case)?;
    let index = |list: usize, k: usize| (k <= list % INDICES).then_some((list * 7 + k * 3) % items);
    let word = |list: usize, k: usize| u64::from(index(list, k).map_or(NO_ITEM, |index| index as u32));
    let packed: Vec<u64> = (0..items)
        .flat_map(|list| (0..INDICES / 2).map(move |pair| word(list, 2 * pair) | word(list, 2 * pair + 1) << 32))
        .collect();
    let found = open(card.multiply_accumulate(context, &packed, INDICES / 2, deadline(), &mut carry_on));
    let numbers = split(vector, limbs);
    let products = (0..items).map(|list| {
        let factors = (0..INDICES).filter_map(|k| index(list, k));
        factors.fold(BigUint::from(1u32), |product, index| product * &numbers[index] % n) % n
    });
    equal(&case, limbs, &found.in_case(&case)?, &flat(products, limbs))
}

/// Every pair of operands that break Montgomery code.
fn products<T: Transport>(card: &mut LoadedCard<T>, n: &BigUint, bits: usize) -> Result<(), Problem> {
    let limbs = bits / 64;
    let case = format!("products modulo a modulus of {bits} bits with a pattern");
    let context = card.load_context(&to_limbs(n, limbs), None).in_case(&case)?;
    let numbers = operands_below(n, 8, 3);
    let pairs: Vec<_> = numbers.iter().flat_map(|a| numbers.iter().map(move |b| (a, b))).collect();
    let a = flat(pairs.iter().map(|(a, _)| (*a).clone()), limbs);
    let b = flat(pairs.iter().map(|(_, b)| (*b).clone()), limbs);
    let found = open(card.modmul(context, &a, &b, deadline(), &mut carry_on)).in_case(&case)?;
    equal(&case, limbs, &found, &flat(pairs.iter().map(|(a, b)| *a * *b % n), limbs))?;
    card.unload_context(context).in_case(&case)
}

/// All contexts are loaded at once and none knows of another.
fn contexts<T: Transport>(card: &mut LoadedCard<T>, bits: usize) -> Result<(), Problem> {
    let (case, limbs) = ("contexts side by side", bits / 64);
    let moduli: Vec<_> = (0..card.identity().contexts).map(|k| modulus(bits) - 2 * k).collect();
    let mut ids = Vec::new();
    for n in &moduli {
        ids.push(card.load_context(&to_limbs(n, limbs), None).in_case(case)?);
    }
    let full = card.load_context(&to_limbs(&moduli[0], limbs), None);
    if !matches!(full, Err(CardError::ContextsFull { .. })) {
        return Err(Problem::wrong(case, "one context more than there are"));
    }
    for _ in 0..2 {
        for (id, n) in ids.iter().zip(&moduli) {
            let a = operands(n, 8, limbs, 5);
            let found = open(card.modmul(*id, &a, &a, deadline(), &mut carry_on)).in_case(case)?;
            equal(case, limbs, &found, &flat(split(&a, limbs).iter().map(|a| a * a % n), limbs))?;
        }
        ids.rotate_left(1);
        card.unload_context(ids[0]).in_case(case)?;
        ids[0] = card.load_context(&to_limbs(&moduli[1 % moduli.len()], limbs), None).in_case(case)?;
        ids.rotate_right(1);
    }
    ids.into_iter().try_for_each(|id| card.unload_context(id).in_case(case))
}

fn counters<T: Transport>(card: &mut LoadedCard<T>) -> Result<(), Problem> {
    let case = "counters";
    let (found, kind) = (card.counters().in_case(case)?, card.identity().kind);
    let reported = found.reported;
    let clocked = kind != CardKind::FunctionalModel;
    let facts = [
        (u64::from(reported.jobs) == found.jobs, "jobs"),
        (reported.dma_bytes == found.dma_bytes, "bytes by DMA"),
        (found.interrupts > 0 && u64::from(reported.interrupts) >= found.interrupts, "interrupts"),
        (!clocked || reported.products > 0 && reported.cycles > reported.products, "products"),
        (!clocked || reported.active >= reported.multiplying && reported.multiplying > 0, "multiplying cycles"),
        (!clocked || reported.active >= reported.waiting, "waiting cycles"),
    ];
    match facts.into_iter().find(|(holds, _)| !holds) {
        Some((_, what)) => Err(Problem::wrong(case, format!("{what}: {found:?}"))),
        None => Ok(()),
    }
}

fn recovery<T: Transport>(card: &mut LoadedCard<T>, bits: usize) -> Result<(), Problem> {
    let (case, limbs) = ("recovery", bits / 64);
    let n = modulus(bits);
    let context = card.load_context(&to_limbs(&n, limbs), None).in_case(case)?;
    card.recover().in_case(case)?;
    let a = operands(&n, 3, limbs, 5);
    if !matches!(card.modmul(context, &a, &a, deadline(), &mut carry_on), Err(CardError::NoContext)) {
        return Err(Problem::wrong(case, "a context outlived it"));
    }
    let context = card.load_context(&to_limbs(&n, limbs), None).in_case(case)?;
    let found = open(card.modmul(context, &a, &a, deadline(), &mut carry_on)).in_case(case)?;
    equal(case, limbs, &found, &flat(split(&a, limbs).iter().map(|a| a * a % &n), limbs))?;
    card.unload_context(context).in_case(case)
}

fn flat(numbers: impl Iterator<Item = BigUint>, limbs: usize) -> Vec<u64> {
    numbers.flat_map(|number| to_limbs(&number, limbs)).collect()
}

fn equal(case: &str, limbs: usize, found: &[u64], expected: &[u64]) -> Result<(), Problem> {
    if found.len() != expected.len() {
        return Err(Problem::wrong(case, format!("{} limbs instead of {}", found.len(), expected.len())));
    }
    match found.chunks(limbs).zip(expected.chunks(limbs)).position(|(found, expected)| found != expected) {
        Some(item) => Err(Problem::Differs { case: case.into(), item }),
        None => Ok(()),
    }
}
