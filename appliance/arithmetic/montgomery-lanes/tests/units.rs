//! Every vector unit of this machine against num-bigint, with the operands that break Montgomery code.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use montgomery_lanes::{Group, Modulus, Unit};
use num_bigint::BigUint;

/// Widths at and around multiples of the digits and strips of both units, and the largest.
const BITS: [usize; 16] = [256, 511, 512, 1024, 1038, 1039, 1536, 2048, 2049, 3072, 4095, 4096, 6144, 8128, 8191, 8192];

#[test]
fn products_squares_and_leaving() {
    for unit in Unit::all() {
        for bits in BITS {
            for n in moduli(bits) {
                let m = Modulus::new(unit, &limbs(&n, bits)).unwrap();
                let r = BigUint::from(1u8) << (m.digits() * unit.radix() as usize);
                let r_inverse = r.modinv(&n).unwrap();
                assert_eq!(big(m.r_squared()), &r * &r % &n, "{unit:?} {bits}");
                let operands = operands(&n, bits);
                let mut scratch = m.scratch();
                for shift in 0..operands.len() {
                    let a = |lane: usize| &operands[lane % operands.len()];
                    let b = |lane: usize| &operands[(lane + shift) % operands.len()];
                    let mut x = pack(&m, a);
                    m.multiply(&mut x, &pack(&m, b), &mut scratch);
                    for lane in 0..unit.lanes() {
                        assert_eq!(get(&m, &x, lane), a(lane) * b(lane) * &r_inverse % &n, "{unit:?} {bits} {shift}");
                    }
                }
                for shift in 0..operands.len() {
                    let a = |lane: usize| &operands[(lane + shift) % operands.len()];
                    let mut x = pack(&m, a);
                    m.square(&mut x, &mut scratch);
                    for lane in 0..unit.lanes() {
                        assert_eq!(get(&m, &x, lane), a(lane) * a(lane) * &r_inverse % &n, "{unit:?} {bits} square");
                    }
                }
            }
        }
    }
}

/// Products of numbers kept factored: the same as of the numbers, whatever the count, and with the last factor.
#[test]
fn factored_numbers() {
    let mut seen = 0;
    for unit in Unit::all() {
        for bits in [256, 512, 1000, 1024, 1025, 1536, 2048, 2071, 3072, 4096] {
            for root in moduli(bits) {
                let Some(m) = Modulus::square_of(unit, &limbs(&root, bits)) else { continue };
                let mut scratch = m.scratch();
                let Some(mut logarithms) = m.logarithms(&mut scratch) else { continue };
                seen += 1;
                let plain_root = Modulus::new(unit, &limbs(&root, bits)).unwrap();
                let n = &root * &root;
                let r = BigUint::from(1u8) << (m.digits() / 2 * unit.radix() as usize);
                let r_inverse = r.modinv(&n).unwrap();
                let units: Vec<BigUint> = operands(&n, 2 * bits - 1)
                    .into_iter()
                    .chain([&root + 1u8, &root * 5u8 - 1u8, &n - 1u8])
                    .map(|number| number % &n)
                    .filter(|number| number.modinv(&root).is_some())
                    .collect();
                // What a table holds: out of a product, so that halves are as large as they become.
                let factored = |number: &BigUint| {
                    let mut scratch = m.scratch();
                    let mut pair = pack(&m, |_| number * &r % &n);
                    m.multiply(&mut pair, &pack(&m, |_| r.clone()), &mut scratch);
                    let first = &r * number % &root;
                    let mut inverses = plain_root.group();
                    let inverse = limbs(&(first.modinv(&root).unwrap() * &r % &root), bits);
                    plain_root.set_all(&mut inverses, &inverse, &mut plain_root.scratch());
                    m.factor(&mut pair, &inverses, &mut scratch);
                    pair
                };
                let table: Vec<Group> = units.iter().map(factored).collect();
                let multiples: Vec<BigUint> = (0..8u32).map(|lane| &root - 1u8 - 7 * lane).collect();
                for count in [1, 2, 15, 16, 17, 40, 1025, 3000] {
                    let mut product = m.group();
                    product.copy_from(&table[0]);
                    m.begin_product(&mut product, &mut logarithms, &scratch);
                    let mut expected = &units[0] * &r % &n;
                    for k in 1..count {
                        m.multiply_factored(&mut product, &table[k % table.len()], &mut logarithms, &mut scratch);
                        expected = expected * &units[k % units.len()] % &n;
                    }
                    let words: Vec<Vec<u64>> = multiples.iter().map(|multiple| limbs(multiple, bits)).collect();
                    m.end_product(&mut product, &logarithms, words.iter().map(Vec::as_slice), &mut scratch);
                    for (lane, multiple) in multiples.iter().enumerate().take(unit.lanes()) {
                        let expected = &expected * (multiple * &root + 1u8) % &n * &r_inverse % &n;
                        assert_eq!(get(&m, &product, lane), expected, "{unit:?} {bits} {count}");
                    }
                }
            }
        }
    }
    // The scalar unit keeps no pairs.
    assert!(seen > 0 || Unit::all().len() == 1);
}

/// Numbers as pairs: the same products, on the units that have them.
#[test]
fn squares_of_moduli() {
    let mut seen = 0;
    for unit in Unit::all() {
        for bits in [64, 256, 511, 512, 1024, 1025, 1536, 2048, 3072, 4096] {
            for root in moduli(bits) {
                let Some(m) = Modulus::square_of(unit, &limbs(&root, bits)) else { continue };
                seen += 1;
                let n = &root * &root;
                let r = BigUint::from(1u8) << (m.digits() / 2 * unit.radix() as usize);
                let r_inverse = r.modinv(&n).unwrap();
                assert_eq!(m.bits() as u64, n.bits());
                assert_eq!(big(m.r_squared()), &r * &r % &n, "{unit:?} {bits}");
                let mut operands = operands(&n, 2 * bits - 1);
                operands.extend([root.clone(), &root - 1u8, &root * (&root - 1u8), &n * &n * 7u8]);
                let mut scratch = m.scratch();
                for shift in 0..operands.len() {
                    let a = |lane: usize| &operands[lane % operands.len()];
                    let b = |lane: usize| &operands[(lane + shift) % operands.len()];
                    let mut x = pack(&m, a);
                    m.multiply(&mut x, &pack(&m, b), &mut scratch);
                    // Again: what comes out may go in.
                    m.multiply(&mut x, &pack(&m, a), &mut scratch);
                    let mut y = pack(&m, b);
                    m.square(&mut y, &mut scratch);
                    for lane in 0..unit.lanes() {
                        let twice = a(lane) * b(lane) * &r_inverse * a(lane) * &r_inverse % &n;
                        assert_eq!(get(&m, &x, lane), twice, "{unit:?} {bits} {shift}");
                        assert_eq!(get(&m, &y, lane), b(lane) * b(lane) * &r_inverse % &n, "{unit:?} {bits} square");
                    }
                }
                let multiples: Vec<Vec<u64>> = (0..8u32).map(|l| limbs(&(&root - 1u8 - 5 * l), bits)).collect();
                let mut x = m.group();
                assert!(m.load_one_plus(&mut x, multiples.iter().map(Vec::as_slice), &mut scratch));
                m.multiply(&mut x, &pack(&m, |_| r.clone()), &mut scratch);
                for lane in 0..unit.lanes() {
                    assert_eq!(get(&m, &x, lane), (&root - 1u8 - 5 * lane) * &root + 1u8, "{unit:?} {bits}");
                }
            }
        }
    }
    assert!(Unit::all().len() == 1 || seen > 0);
    assert!(Modulus::square_of(Unit::portable(), &[u64::MAX; 16]).is_none());
}

#[test]
fn tables_give_what_was_put_in() {
    for unit in Unit::all() {
        let bits = 1024;
        let n = &moduli(bits)[0];
        let m = Modulus::new(unit, &limbs(n, bits)).unwrap();
        let scratch = m.scratch();
        let lanes = unit.lanes();
        for window in [4, 5, 6, 7, 8] {
            let mut own = m.group_table(1 << window);
            let mut shared = m.shared_table(3, window);
            for k in 0..1 << window {
                let group =
                    pack(&m, |lane| if lane % 2 == 0 { BigUint::from(1000 * k + lane) } else { n - (1000 * k + lane) });
                own.set(k, &group);
                (0..3).for_each(|row| m.set_shared(&mut shared, row, k, &group, row % lanes));
            }
            let index =
                |seed: usize| -> Vec<u64> { (0..lanes).map(|l| ((l * 37 + seed) % (1 << window)) as u64).collect() };
            let (mut a, mut b) = (m.group(), m.group());
            m.select(&own, &index(5), &mut a, &scratch);
            for lane in 0..lanes {
                let wanted = BigUint::from(1000 * index(5)[lane] as usize + lane);
                assert_eq!(get(&m, &a, lane), if lane % 2 == 0 { wanted } else { n - wanted });
            }
            for row in 0..3 {
                m.look_up(&shared, row, [&index(1), &index(29)], [&mut a, &mut b], &scratch);
                for (group, seed) in [(&a, 1), (&b, 29)] {
                    for lane in 0..lanes {
                        let wanted = BigUint::from(1000 * index(seed)[lane] as usize + row % lanes);
                        assert_eq!(
                            get(&m, group, lane),
                            if row % lanes % 2 == 0 { wanted } else { n - wanted },
                            "{window}"
                        );
                    }
                }
            }
        }
        let mut pool = m.pool(40);
        for start in (0..40).step_by(lanes) {
            let index: Vec<usize> = (start..start + lanes).collect();
            m.scatter(&pack(&m, |l| n - 7 * (start + l)), &mut pool, &index, &scratch);
        }
        let index: Vec<usize> = (0..lanes).map(|l| 5 * l + 1).collect();
        pool.prefetch(&index);
        let mut group = m.group();
        m.gather(&pool, &index, &mut group, &scratch);
        (0..lanes).for_each(|l| assert_eq!(get(&m, &group, l), n - 7 * (5 * l + 1)));
        m.scatter(&pack(&m, BigUint::from), &mut pool, &index, &scratch);
        m.gather(&pool, &index, &mut group, &scratch);
        (0..lanes).for_each(|l| assert_eq!(get(&m, &group, l), BigUint::from(l)));
        let untouched: Vec<usize> = (0..lanes).map(|l| 5 * l).collect();
        m.gather(&pool, &untouched, &mut group, &scratch);
        (0..lanes).for_each(|l| assert_eq!(get(&m, &group, l), (n - 7 * 5 * l) % n));
    }
}

#[test]
fn what_is_no_modulus_is_refused() {
    for unit in Unit::all() {
        for n in [&[][..], &[0], &[2, 1], &[3, 0], &[7], &[u64::MAX; 129]] {
            assert!(Modulus::new(unit, n).is_none(), "{n:?}");
        }
    }
}

/// Random-looking, all ones, the smallest, long runs of ones and of zeros, a low digit of one.
fn moduli(bits: usize) -> Vec<BigUint> {
    let one = BigUint::from(1u8);
    let top = &one << (bits - 1);
    let full = (&one << bits) - 1u8;
    vec![
        noise(1, bits) | &top | &one,
        full.clone(),
        &top + 1u8,
        (&full - (((&one << (bits / 2)) - 1u8) << (bits / 4))) | &top | &one,
        (noise(2, bits / 2) << (bits / 2)) | &top | &one,
    ]
}

/// 0, 1, 2, n - 1, n, 2n - 1, a run of ones, one high bit, noise. Factors may be anything below 2n.
fn operands(n: &BigUint, bits: usize) -> Vec<BigUint> {
    let one = BigUint::from(1u8);
    let all = [
        BigUint::ZERO,
        one.clone(),
        BigUint::from(2u8),
        n - 1u8,
        n.clone(),
        n * 2u8 - 1u8,
        (&one << (bits - 1)) - 1u8,
        &one << (bits - 1),
        noise(3, bits) % n,
        n + noise(4, bits) % n,
        noise(5, bits / 2),
    ];
    all.to_vec()
}

fn noise(seed: u64, bits: usize) -> BigUint {
    let mut x = seed;
    let words: Vec<u32> = (0..bits.div_ceil(32))
        .map(|_| {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (x >> 29) as u32
        })
        .collect();
    BigUint::new(words) % (BigUint::from(1u8) << bits)
}

fn pack<B: std::borrow::Borrow<BigUint>>(m: &Modulus, number: impl Fn(usize) -> B) -> Group {
    // One limb more than n: factors may be above it.
    let wide = |n: &BigUint| limbs(n, (m.bits() + 64).max(n.bits() as usize));
    let numbers: Vec<Vec<u64>> = (0..m.unit().lanes()).map(|l| wide(number(l).borrow())).collect();
    let mut group = m.group();
    m.load(&mut group, numbers.iter().map(Vec::as_slice), &mut m.scratch());
    group
}

fn get(m: &Modulus, group: &Group, lane: usize) -> BigUint {
    let mut out = vec![0; m.limbs() * m.unit().lanes()];
    m.store(group, &mut out, &mut m.scratch());
    big(&out[lane * m.limbs()..][..m.limbs()])
}

fn big(limbs: &[u64]) -> BigUint {
    limbs.iter().rev().fold(BigUint::ZERO, |n, limb| (n << 64u32) + limb)
}

fn limbs(n: &BigUint, bits: usize) -> Vec<u64> {
    let mut v: Vec<u64> = n.iter_u64_digits().collect();
    v.resize(bits.div_ceil(64), 0);
    v
}
