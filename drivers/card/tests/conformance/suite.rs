//! The conformance suite: what every card must do, whatever the way to it.

use std::{
    fs,
    ops::ControlFlow,
    path::Path,
    time::{Duration, Instant},
};

use card::{CardError, ContextId, LoadedCard, Transport, Unverified};
use num_bigint::BigUint;
use serde_json::Value;

/// Every operation against the committed vectors, then batches against another library's arithmetic.
pub(crate) fn conformance<T: Transport>(card: &mut LoadedCard<T>) {
    known_answers(card);
    for bits in [1024, 2048, 4096] {
        batches(card, bits);
    }
    let counters = card.counters().expect("counters");
    assert_eq!(u64::from(counters.reported.jobs), counters.jobs);
    assert_eq!(counters.reported.dma_bytes, counters.dma_bytes);
    assert!(counters.interrupts > 0 && counters.reported.interrupts > 0);
}

pub(crate) fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

pub(crate) fn carry_on(_done: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Opens results that the test compares by itself.
pub(crate) fn open(results: Result<Unverified<Vec<u64>>, CardError>) -> Vec<u64> {
    results.expect("results").verify(|_| Ok::<(), ()>(())).expect("accepted")
}

/// A context with a base of 2 for exponents of 128 bits, and its modulus.
pub(crate) fn context<T: Transport>(card: &mut LoadedCard<T>, bits: u64) -> (ContextId, BigUint) {
    let n = modulus(bits);
    let limbs = (bits / 64) as usize;
    let two = to_limbs(&BigUint::from(2u32), limbs);
    (card.load_context(&to_limbs(&n, limbs), Some((&two, 128))).expect("context"), n)
}

pub(crate) fn to_limbs(number: &BigUint, limbs: usize) -> Vec<u64> {
    let mut digits = number.to_u64_digits();
    assert!(digits.len() <= limbs);
    digits.resize(limbs, 0);
    digits
}

pub(crate) fn from_limbs(limbs: &[u64]) -> BigUint {
    BigUint::from_bytes_le(&limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect::<Vec<_>>())
}

/// Operands of a batch: edges first, then numbers that look random and are the same in every run.
pub(crate) fn operands(n: &BigUint, items: usize, limbs: usize, seed: u32) -> Vec<u64> {
    let one = BigUint::from(1u32);
    let edges = [BigUint::ZERO, one.clone(), n - &one];
    let mut last = BigUint::from(seed) + n / 3u32;
    let rest = std::iter::repeat_with(|| {
        last = (&last * &last + &one) % n;
        last.clone()
    });
    edges.into_iter().chain(rest).take(items).flat_map(|value| to_limbs(&value, limbs)).collect()
}

fn modulus(bits: u64) -> BigUint {
    // Odd, top bit set, no structure that a reduction could profit from.
    let three = BigUint::from(3u32).pow((bits as f64 / 1.584_962_500_721_156) as u32 - 8);
    ((BigUint::from(1u32) << (bits - 1)) + three) | BigUint::from(1u32)
}

fn known_answers<T: Transport>(card: &mut LoadedCard<T>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fpga/vectors/arithmetic.json");
    let groups: Vec<Value> = serde_json::from_slice(&fs::read(path).expect("vectors")).expect("JSON");
    for group in &groups {
        let limbs = group["bits"].as_u64().expect("bits") as usize / 64;
        let hex = |value: &Value| {
            let text = value.as_str().expect("hex");
            to_limbs(&BigUint::parse_bytes(text.as_bytes(), 16).expect("hex"), limbs)
        };
        let column = |name: &str, column: usize| -> Vec<u64> {
            group[name].as_array().expect("rows").iter().flat_map(|row| hex(&row[column])).collect()
        };
        let exponent_bits = group["exponent_bits"].as_u64().expect("bits") as usize;
        let exponent_limbs = exponent_bits.div_ceil(64);
        let narrow = |wide: &[u64]| -> Vec<u64> {
            wide.chunks(limbs).flat_map(|item| item[..exponent_limbs].iter().copied()).collect()
        };
        let context =
            card.load_context(&hex(&group["modulus"]), Some((&hex(&group["base"]), exponent_bits))).expect("context");
        let (a, b, product) = (column("modmul", 0), column("modmul", 1), column("modmul", 2));
        assert_eq!(open(card.modmul(context, &a, &b, deadline(), &mut carry_on)), product);
        let (base, power) = (column("modexp", 0), column("modexp", 1));
        let exponent = narrow(&hex(&group["exponent"]));
        assert_eq!(open(card.modexp(context, &base, &exponent, deadline(), &mut carry_on)), power);
        let (exponents, powers) = (narrow(&column("fixed_base", 0)), column("fixed_base", 1));
        let computed = card.fixed_base(context, &exponents, exponent_limbs, deadline(), &mut carry_on);
        assert_eq!(open(computed), powers);
        card.unload_context(context).expect("unload");
    }
}

fn batches<T: Transport>(card: &mut LoadedCard<T>, bits: u64) {
    let limbs = (bits / 64) as usize;
    let (context, n) = context(card, bits);
    for items in [1, 3, 300] {
        let (a, b) = (operands(&n, items, limbs, 7), operands(&n, items, limbs, 11));
        let numbers = |flat: &[u64]| flat.chunks(limbs).map(from_limbs).collect::<Vec<_>>();
        let (bases, factors) = (numbers(&a), numbers(&b));

        let mut reports = Vec::new();
        let mut progress = |done| {
            reports.push(done);
            ControlFlow::Continue(())
        };
        let products = numbers(&open(card.modmul(context, &a, &b, deadline(), &mut progress)));
        assert!(products.iter().zip(&bases).zip(&factors).all(|((p, a), b)| *p == a * b % &n), "{bits} x {items}");
        assert_eq!(reports.last(), Some(&items));

        let exponent = [0x8000_0001_dead_beef];
        let powers = numbers(&open(card.modexp(context, &a, &exponent, deadline(), &mut carry_on)));
        let e = from_limbs(&exponent);
        assert!(powers.iter().zip(&bases).all(|(p, a)| *p == a.modpow(&e, &n)), "{bits} x {items}");

        let exponents: Vec<u64> = a.chunks(limbs).flat_map(|item| [item[0], item[limbs / 2]]).collect();
        let powers = numbers(&open(card.fixed_base(context, &exponents, 2, deadline(), &mut carry_on)));
        let two = BigUint::from(2u32);
        let expected = exponents.chunks(2).map(|e| two.modpow(&from_limbs(e), &n));
        assert!(powers.iter().cloned().eq(expected), "{bits} x {items}");
    }
    card.unload_context(context).expect("unload");
}
