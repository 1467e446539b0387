//! The CPU's engine against GMP-style references, whole batches, and the check that guards the card.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::ops::ControlFlow;
use std::sync::Arc;

use engine::*;
use num_bigint::{BigInt, BigUint, Sign};

fn words(seed: u64, count: usize) -> Vec<u64> {
    let mut x = seed;
    let step = |_| {
        x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        x ^ x.rotate_left(23)
    };
    (0..count).map(step).collect()
}

fn big(limbs: &[u64]) -> BigUint {
    limbs.iter().rev().fold(BigUint::ZERO, |n, limb| (n << 64u32) + limb)
}

fn modulus(limbs: usize) -> Modulus {
    let mut n = words(5, limbs);
    n[0] |= 1;
    n[limbs - 1] |= 1 << 63;
    Modulus::new(&n).unwrap()
}

fn items(seed: u64, m: &Modulus, count: usize) -> Numbers {
    let mut numbers = Numbers::from_words(m.limbs(), words(seed, m.limbs() * count)).unwrap();
    numbers.iter_mut().for_each(|item| item[m.limbs() - 1] >>= 1);
    numbers
}

#[test]
fn batches_agree_with_num_bigint() {
    let m = modulus(8);
    let n = big(m.n());
    let portable = Portable::with_threads(3);
    let bases = items(1, &m, 10);
    let e = words(2, 4);
    let powers = portable.pow_common(&m, &bases, &e, &unattended).unwrap();
    for i in 0..10 {
        assert_eq!(big(powers.item(i)), big(bases.item(i)).modpow(&big(&e), &n));
    }
    let m = Arc::new(m);
    let base = FixedBase::new(m.clone(), bases.item(3), 256).unwrap();
    let exponents = Numbers::from_words(4, words(3, 40)).unwrap();
    let powers = portable.pow_fixed_base(&base, &exponents, &unattended).unwrap();
    for i in 0..10 {
        assert_eq!(big(powers.item(i)), big(bases.item(3)).modpow(&big(exponents.item(i)), &n));
    }
    let short = FixedBase::new(m, bases.item(3), 255).unwrap();
    let wide = Numbers::from_words(4, vec![0, 0, 0, 1 << 63]).unwrap();
    assert!(matches!(
        portable.pow_fixed_base(&short, &wide, &unattended),
        Err(EngineError::LongExponent { index: 0, bits: 255 })
    ));
}

#[test]
fn products_of_powers() {
    // 2^512 - 569 is prime, so everything has an inverse.
    let mut n = vec![u64::MAX; 8];
    n[0] -= 568;
    let m = Modulus::new(&n).unwrap();
    let n = big(m.n());
    let portable = Portable::with_threads(2);
    for weights in [vec![3i64, -5, 0, 1 << 40, -77, 1], vec![0; 6], vec![1, 1, 1, 1, 1, 1], vec![-2, 0, 0, 0, 0, 0]] {
        let rows = items(9, &m, 30);
        let plan = MultiExp::new(&weights);
        let products = plan.rows(&portable, &m, &rows, 6, &unattended).unwrap();
        for r in 0..5 {
            let mut expected = BigUint::from(1u8);
            for (c, w) in weights.iter().enumerate() {
                let e = BigInt::from_biguint(Sign::Plus, BigUint::from(w.unsigned_abs()));
                let mut power = big(rows.item(r * 6 + c)).modpow(e.magnitude(), &n);
                if *w < 0 {
                    power = power.modinv(&n).unwrap();
                }
                expected = expected * power % &n;
            }
            assert_eq!(big(products.item(r)), expected);
        }
    }
    let table = items(4, &m, 12);
    let sums = column_products(&portable, &m, &table, 3, &unattended).unwrap();
    for c in 0..3 {
        let expected = (0..4).fold(BigUint::from(1u8), |p, r| p * big(table.item(r * 3 + c)) % &n);
        assert_eq!(big(sums.item(c)), expected);
    }
}

#[test]
fn cancelling_stops_a_batch() {
    let m = modulus(16);
    let bases = items(1, &m, 50);
    let stop = |_| ControlFlow::Break(());
    let e = words(1, 16);
    assert!(matches!(Portable::with_threads(2).pow_common(&m, &bases, &e, &stop), Err(EngineError::Cancelled)));
}

/// One wrong item among many, a negated one among them, never passes; right ones always do.
#[test]
fn the_check_finds_single_wrong_results() {
    let m = Arc::new(modulus(8));
    let portable = Portable::with_threads(2);
    let base = FixedBase::new(m.clone(), items(1, &m, 1).item(0), 256).unwrap();
    let exponents = Numbers::from_words(4, words(3, 4 * 300)).unwrap();
    let mut results = portable.pow_fixed_base(&base, &exponents, &unattended).unwrap();
    assert!(verify::fixed_base(&base, &exponents, &results, 2).unwrap());
    let bases = items(7, &m, 300);
    let e = words(8, 4);
    let mut powers = portable.pow_common(&m, &bases, &e, &unattended).unwrap();
    assert!(verify::common_exponent(&m, &bases, &e, &powers, 2).unwrap());
    for i in [0, 17, 299] {
        for numbers in [&mut results, &mut powers] {
            let kept = numbers.item(i).to_vec();
            let mut negative = m.n().to_vec();
            m.sub(&mut negative, &kept);
            for wrong in [
                negative,
                {
                    let mut w = kept.clone();
                    w[0] ^= 1;
                    w
                },
                m.one().to_vec(),
            ] {
                numbers.item_mut(i).copy_from_slice(&wrong);
                assert!(!(verify::fixed_base(&base, &exponents, numbers, 2).unwrap()));
                assert!(!(verify::common_exponent(&m, &bases, &e, numbers, 2).unwrap()));
            }
            numbers.item_mut(i).copy_from_slice(&kept);
        }
    }
    let swapped = {
        results.words_mut().swap(0, 8);
        results
    };
    assert!(!verify::fixed_base(&base, &exponents, &swapped, 2).unwrap());
}
