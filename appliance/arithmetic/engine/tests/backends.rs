//! Every unit of this machine against num-bigint, whole batches, and the check that guards the card.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::ops::ControlFlow;
use std::sync::Arc;

use engine::*;
use num_bigint::BigUint;

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

fn cpus() -> impl Iterator<Item = Cpu> {
    Unit::all().into_iter().flat_map(|unit| [1, 3].map(|threads| Cpu::with(threads, unit)))
}

/// Counts around the lanes' numbers.
const COUNTS: [usize; 6] = [1, 4, 7, 8, 9, 37];

#[test]
fn batches_agree_with_num_bigint() {
    let m = Arc::new(modulus(8));
    let n = big(m.n());
    for cpu in cpus() {
        for count in COUNTS {
            let bases = items(1, &m, count);
            let common = words(2, 4);
            let each = Numbers::from_words(3, words(6, 3 * count)).unwrap();
            let powers = cpu.pow_common(&m, &bases, &common, &unattended).unwrap();
            let own = cpu.pow_each(&m, &bases, &each, &unattended).unwrap();
            let public = cpu.pow_public(&m, &bases, &[65537, 0], &unattended).unwrap();
            let products = cpu.mul(&m, &bases, &powers, &unattended).unwrap();
            let base = FixedBase::new(m.clone(), bases.item(0), 192).unwrap();
            let scaled = FixedBase::scaled(m.clone(), bases.item(0), powers.item(0), 192).unwrap();
            let fixed = cpu.pow_fixed_base(&base, &each, &unattended).unwrap();
            let times = cpu.pow_fixed_base_times(&base, &each, &bases, &unattended).unwrap();
            let scaled = cpu.pow_fixed_base(&scaled, &each, &unattended).unwrap();
            for i in 0..count {
                let (base, e) = (big(bases.item(i)), big(each.item(i)));
                assert_eq!(big(powers.item(i)), base.modpow(&big(&common), &n), "{cpu:?} {count}");
                assert_eq!(big(own.item(i)), base.modpow(&e, &n));
                assert_eq!(big(public.item(i)), base.modpow(&BigUint::from(65537u32), &n));
                assert_eq!(big(products.item(i)), &base * big(powers.item(i)) % &n);
                let power = big(bases.item(0)).modpow(&e, &n);
                assert_eq!(big(fixed.item(i)), power, "{cpu:?} {count}");
                assert_eq!(big(times.item(i)), &power * &base % &n);
                assert_eq!(big(scaled.item(i)), &power * big(powers.item(0)) % &n);
            }
        }
    }
}

/// Tables hold powers of units in another form than those of numbers without an inverse.
#[test]
fn fixed_bases_modulo_squares_be_they_units_or_not() {
    for (limbs, exponent_bits) in [(4, 192), (16, 192), (16, 1024), (32, 192)] {
        let mut root = words(21, limbs);
        root[0] |= 1;
        root[limbs - 1] |= 1 << 63;
        let m = Arc::new(Modulus::square_of(&root).unwrap());
        let (n, root) = (big(m.n()), big(&root));
        let number = |value: &BigUint| {
            let mut limbs: Vec<u64> = (value % &n).iter_u64_digits().collect();
            limbs.resize(m.limbs(), 0);
            limbs
        };
        let noise = big(items(22, &m, 1).item(0));
        let bases = [noise.clone(), &noise - &noise % &root, BigUint::ZERO, BigUint::from(1u8), &root + 1u8, &n - 1u8];
        let exponents = Numbers::from_words(3, words(23, 3 * 9)).unwrap();
        let wide = exponents.widened(exponent_bits / 64);
        let factors = items(24, &m, 9);
        let multiples = factors.widened(limbs);
        let multiples = Numbers::from_words(
            limbs,
            multiples.iter().flat_map(|item| [&item[..limbs - 1], &[item[limbs - 1] >> 1]].concat()).collect(),
        )
        .unwrap();
        for cpu in Unit::all().into_iter().map(|unit| Cpu::with(1, unit)) {
            for (base, scale) in
                bases.iter().flat_map(|base| [(base, None), (base, Some(&bases[0])), (base, Some(&bases[1]))])
            {
                let fixed = match scale {
                    None => FixedBase::new(m.clone(), &number(base), exponent_bits),
                    Some(scale) => FixedBase::scaled(m.clone(), &number(base), &number(scale), exponent_bits),
                };
                let fixed = fixed.unwrap();
                let powers = cpu.pow_fixed_base(&fixed, &wide, &unattended).unwrap();
                let times = cpu.pow_fixed_base_times(&fixed, &wide, &factors, &unattended).unwrap();
                let one_plus = cpu.pow_fixed_base_one_plus(&fixed, &wide, &multiples, &unattended).unwrap();
                for (i, exponent) in exponents.iter().enumerate() {
                    let power = base.modpow(&big(exponent), &n) * scale.unwrap_or(&BigUint::from(1u8)) % &n;
                    assert_eq!(big(powers.item(i)), power, "{cpu:?} {limbs} {base}");
                    assert_eq!(big(times.item(i)), &power * big(factors.item(i)) % &n, "{cpu:?} {limbs} {base}");
                    let factor = big(multiples.item(i)) * &root + 1u8;
                    assert_eq!(big(one_plus.item(i)), power * factor % &n, "{cpu:?} {limbs} {base}");
                }
            }
        }
    }
}

#[test]
fn edges_of_bases_and_exponents() {
    let m = Arc::new(modulus(16));
    let n = big(m.n());
    let mut bases = Numbers::zero(16, 5);
    bases.item_mut(1)[0] = 1;
    bases.item_mut(2).copy_from_slice(m.n());
    bases.item_mut(2)[0] -= 1;
    bases.item_mut(3)[0] = 2;
    bases.item_mut(4)[15] = 1;
    let exponents = [vec![0, 0], vec![1, 0], vec![u64::MAX, u64::MAX], vec![0, 1 << 63]];
    for cpu in cpus() {
        for e in &exponents {
            let powers = cpu.pow_common(&m, &bases, e, &unattended).unwrap();
            let public = cpu.pow_public(&m, &bases, e, &unattended).unwrap();
            for i in 0..bases.count() {
                let expected = big(bases.item(i)).modpow(&big(e), &n);
                assert_eq!((big(powers.item(i)), big(public.item(i))), (expected.clone(), expected), "{cpu:?} {e:?}");
            }
            let base = FixedBase::new(m.clone(), bases.item(2), 128).unwrap();
            let fixed = Numbers::from_words(2, e.clone()).unwrap();
            let power = cpu.pow_fixed_base(&base, &fixed, &unattended).unwrap();
            assert_eq!(big(power.item(0)), big(bases.item(2)).modpow(&big(e), &n));
        }
        let none = Numbers::zero(16, 0);
        assert_eq!(cpu.pow_common(&m, &none, &[1], &unattended).unwrap().count(), 0);
        let over = Numbers::from_words(16, m.n().to_vec()).unwrap();
        assert!(matches!(cpu.mul(&m, &over, &over, &unattended), Err(EngineError::NotReduced { index: 0 })));
        let few = Numbers::zero(2, 4);
        assert!(matches!(cpu.pow_each(&m, &bases, &few, &unattended), Err(EngineError::Shape { .. })));
    }
    let short = FixedBase::new(m, bases.item(3), 127).unwrap();
    let wide = Numbers::from_words(2, vec![0, 1 << 63]).unwrap();
    assert!(matches!(
        Cpu::new().pow_fixed_base(&short, &wide, &unattended),
        Err(EngineError::LongExponent { index: 0, bits: 127 })
    ));
}

/// 2^512 - 569 is prime, so everything but 0 has an inverse.
fn prime_modulus() -> Modulus {
    let mut n = vec![u64::MAX; 8];
    n[0] -= 568;
    Modulus::new(&n).unwrap()
}

/// 0 and multiples of a factor of the modulus, alone and among units, known as a square and not: what a card may not be asked for (see
/// the scheduler's tests, with a card that lies) every unit of this machine does right.
#[test]
fn bases_without_an_inverse() {
    let root = prime_modulus();
    let square = Arc::new(Modulus::square_of(root.n()).unwrap());
    let plain = Arc::new(Modulus::new(square.n()).unwrap());
    let n = big(square.n());
    let mut bases = items(3, &square, 12);
    for i in [0, 4, 5, 11] {
        bases.item_mut(i).fill(0);
    }
    for i in [2, 9] {
        bases.item_mut(i)[8..].fill(0);
        bases.item_mut(i)[..8].copy_from_slice(root.n());
    }
    let (common, each) = (words(2, 4), Numbers::from_words(3, words(6, 36)).unwrap());
    for cpu in cpus() {
        for m in [&square, &plain] {
            let powers = cpu.pow_common(m, &bases, &common, &unattended).unwrap();
            let own = cpu.pow_each(m, &bases, &each, &unattended).unwrap();
            let public = cpu.pow_public(m, &bases, &[3], &unattended).unwrap();
            for i in 0..bases.count() {
                let base = big(bases.item(i));
                assert_eq!(big(powers.item(i)), base.modpow(&big(&common), &n), "{cpu:?} {i}");
                assert_eq!(big(own.item(i)), base.modpow(&big(each.item(i)), &n), "{cpu:?} {i}");
                assert_eq!(big(public.item(i)), base.modpow(&BigUint::from(3u8), &n), "{cpu:?} {i}");
            }
            for i in [0, 2] {
                let base = FixedBase::new(m.clone(), bases.item(i), 192).unwrap();
                assert!(!base.is_unit(&cpu).unwrap());
                let fixed = cpu.pow_fixed_base(&base, &each, &unattended).unwrap();
                for (fixed, e) in fixed.iter().zip(each.iter()) {
                    assert_eq!(big(fixed), big(bases.item(i)).modpow(&big(e), &n), "{cpu:?} {i}");
                }
            }
            let found = units::separate(&cpu, m, &bases).unwrap();
            assert_eq!(found.others, [0, 2, 4, 5, 9, 11], "{cpu:?}");
            assert_eq!(units::first_without_inverse(&cpu, m, &bases).unwrap(), Some(0));
        }
    }
}

fn signed_power(base: &BigUint, exponent: i64, n: &BigUint) -> BigUint {
    let power = base.modpow(&BigUint::from(exponent.unsigned_abs()), n);
    if exponent < 0 { power.modinv(n).unwrap() } else { power }
}

#[test]
fn products_of_powers_with_the_same_weights() {
    let m = prime_modulus();
    let n = big(m.n());
    for cpu in cpus() {
        for weights in [vec![3i64, -5, 0, 1 << 40, -77, 1], vec![0; 6], vec![1; 6], vec![-2, 0, 0, 0, 0, 0]] {
            let rows = items(9, &m, 6 * 13);
            let products = MultiExp::new(&weights).rows(&cpu, &m, &rows, 6, &unattended).unwrap();
            for r in 0..13 {
                let factor = |(c, w): (usize, &i64)| signed_power(&big(rows.item(r * 6 + c)), *w, &n);
                let expected = weights.iter().enumerate().map(factor).fold(BigUint::from(1u8), |p, f| p * f % &n);
                assert_eq!(big(products.item(r)), expected, "{cpu:?} {weights:?}");
            }
        }
        for (outputs, terms) in [(3, 4), (1, 1), (2, 100), (1, 333), (20, 17)] {
            let table = items(4, &m, outputs * terms);
            let sums = products(&cpu, &m, &table, (outputs, terms), &|o, t| t * outputs + o, &unattended).unwrap();
            for o in 0..outputs {
                let expected = (0..terms).fold(BigUint::from(1u8), |p, t| p * big(table.item(t * outputs + o)) % &n);
                assert_eq!(big(sums.item(o)), expected, "{cpu:?} {outputs} {terms}");
            }
        }
    }
}

/// Few and many rows, so that both methods are taken; one output and many; weights of one sign, both, none, the extremes.
#[test]
fn plaintext_matrices_times_tables() {
    let m = prime_modulus();
    let n = big(m.n());
    let small = |w: u64| (w >> 40) as i64 - (1 << 23);
    let kinds: [(&str, &dyn Fn(u64) -> i64); 5] = [
        ("24 bits", &small),
        ("positive", &|w| (w >> 50) as i64),
        ("bits", &|w| (w >> 63) as i64),
        ("zero", &|_| 0),
        ("extremes", &|w| if w & 1 == 0 { i64::MIN } else { i64::MAX }),
    ];
    for cpu in cpus() {
        for (outputs, rows, columns) in [(1, 1, 1), (3, 5, 2), (1, 300, 1), (9, 300, 1), (2, 70, 3)] {
            let table = items(4, &m, rows * columns);
            for (name, weight) in &kinds {
                let weights: Vec<i64> = words(11, outputs * rows).into_iter().map(weight).collect();
                let got = plaintext_product(&cpu, &m, &table, columns, &weights, &unattended).unwrap();
                for o in 0..outputs {
                    for c in 0..columns {
                        let term =
                            |r: usize| signed_power(&big(table.item(r * columns + c)), weights[o * rows + r], &n);
                        let expected = (0..rows).map(term).fold(BigUint::from(1u8), |p, t| p * t % &n);
                        let found = big(got.item(o * columns + c));
                        assert_eq!(found, expected, "{cpu:?} {outputs} x {rows} x {columns}, {name}");
                    }
                }
            }
        }
        let table = items(4, &m, 6);
        let refused = |columns, weights: &[i64]| plaintext_product(&cpu, &m, &table, columns, weights, &unattended);
        assert!(matches!(refused(0, &[1]), Err(EngineError::Shape { .. })));
        assert!(matches!(refused(4, &[1]), Err(EngineError::Shape { .. })));
        assert!(matches!(refused(2, &[1, 2]), Err(EngineError::Shape { .. })));
        assert!(matches!(refused(2, &[]), Err(EngineError::Shape { .. })));
    }
    let table = Numbers::zero(8, 3);
    let zero = plaintext_product(&Cpu::new(), &m, &table, 1, &[1, -1, 1], &unattended);
    assert!(matches!(zero, Err(EngineError::NotInvertible)));
}

#[test]
fn cancelling_stops_a_batch() {
    let m = modulus(16);
    let bases = items(1, &m, 50);
    let stop = |_| ControlFlow::Break(());
    let e = words(1, 16);
    for cpu in cpus() {
        assert!(matches!(cpu.pow_common(&m, &bases, &e, &stop), Err(EngineError::Cancelled)));
        assert!(matches!(plaintext_product(&cpu, &m, &bases, 1, &[7; 50], &stop), Err(EngineError::Cancelled)));
    }
}

/// One wrong item among many, a negated one among them, never passes; right ones always do.
#[test]
fn the_check_finds_single_wrong_results() {
    let m = Arc::new(prime_modulus());
    let cpu = Cpu::new();
    let base = FixedBase::new(m.clone(), items(1, &m, 1).item(0), 256).unwrap();
    let exponents = Numbers::from_words(4, words(3, 4 * 300)).unwrap();
    let mut results = cpu.pow_fixed_base(&base, &exponents, &unattended).unwrap();
    assert!(verify::fixed_base(&base, &exponents, &results, &cpu).unwrap());
    let bases = items(7, &m, 300);
    let units = units::separate(&cpu, &m, &bases).unwrap().units;
    let e = words(8, 4);
    let mut powers = cpu.pow_common(&m, &bases, &e, &unattended).unwrap();
    assert!(verify::common_exponent(&m, &units, &e, &powers, &cpu).unwrap());
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
                assert!(!(verify::fixed_base(&base, &exponents, numbers, &cpu).unwrap()));
                assert!(!(verify::common_exponent(&m, &units, &e, numbers, &cpu).unwrap()));
            }
            numbers.item_mut(i).copy_from_slice(&kept);
        }
    }
    let swapped = {
        results.words_mut().swap(0, 8);
        results
    };
    assert!(!verify::fixed_base(&base, &exponents, &swapped, &cpu).unwrap());
}

/// A square known by its root gives the same bytes as the same number known as itself.
#[test]
fn squares_are_moduli_like_others() {
    let root = prime_modulus();
    let square = Arc::new(Modulus::square_of(root.n()).unwrap());
    let plain = Arc::new(Modulus::new(square.n()).unwrap());
    assert_eq!(square.root(), Some(root.n()));
    let bases = items(1, &plain, 20);
    let exponents = Numbers::from_words(3, words(6, 60)).unwrap();
    let weights: Vec<i64> = words(8, 40).into_iter().map(|w| w as i64 >> 40).collect();
    let multiples = items(9, &root, 20);
    for cpu in cpus() {
        let both = [&square, &plain].map(|m| {
            let base = FixedBase::new(m.clone(), bases.item(3), 192).unwrap();
            let scaled = FixedBase::scaled(m.clone(), bases.item(3), bases.item(4), 192).unwrap();
            [
                cpu.pow_common(m, &bases, &words(2, 16), &unattended).unwrap(),
                cpu.pow_each(m, &bases, &exponents, &unattended).unwrap(),
                cpu.pow_public(m, &bases, &[65537], &unattended).unwrap(),
                cpu.pow_fixed_base(&base, &exponents, &unattended).unwrap(),
                cpu.pow_fixed_base(&scaled, &exponents, &unattended).unwrap(),
                cpu.pow_fixed_base_times(&base, &exponents, &bases, &unattended).unwrap(),
                cpu.mul(m, &bases, &bases, &unattended).unwrap(),
                cpu.reduced(m, &Numbers::from_words(32, words(4, 640)).unwrap(), &unattended).unwrap(),
                MultiExp::new(&weights[..4]).rows(&cpu, m, &bases, 4, &unattended).unwrap(),
                plaintext_product(&cpu, m, &bases, 2, &weights, &unattended).unwrap(),
            ]
        });
        for (i, (square, plain)) in both[0].iter().zip(&both[1]).enumerate() {
            assert_eq!(square.words(), plain.words(), "{cpu:?} {i}");
        }
        let base = FixedBase::new(square.clone(), bases.item(3), 192).unwrap();
        let found = cpu.pow_fixed_base_one_plus(&base, &exponents, &multiples, &unattended).unwrap();
        for i in 0..20 {
            let factor = big(multiples.item(i)) * big(root.n()) + 1u8;
            assert_eq!(big(found.item(i)), big(both[0][3].item(i)) * factor % big(square.n()), "{cpu:?} {i}");
        }
    }
}
