//! Limbs at their bounds, which no product of random numbers ever reaches: results are right there, and a debug build's checks hold; one
//! above, they do not.

use num_bigint::BigUint;

use crate::avx2::Avx2;
use crate::field::Field;
use crate::ifma::Ifma;

/// A field whose limbs can be given as they are.
trait Limbs: Field {
    /// Bits below each limb.
    const START: &'static [u32];
    /// What a multiplication takes at most.
    const MOST: &'static [u64];

    fn is_here() -> bool;
    /// # Safety
    /// As for [`Field`].
    unsafe fn from_limbs(limbs: &[u64]) -> Self;
    /// # Safety
    /// As for [`Field`].
    unsafe fn run(a: &[u64], b: &[u64]) -> Vec<[u64; 4]>;
}

/// a b, a^2, a + b, a - b, a b - a^2, a b + a^2 + a 121665, and the largest sum that is carried: a b - b^2 + a^2 + a b.
#[inline(always)]
unsafe fn results<F: Limbs>(a: &[u64], b: &[u64]) -> Vec<[u64; 4]> {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let (a, b) = (F::from_limbs(a), F::from_limbs(b));
        let (ab, aa, bb) = (a.mul(b), a.square(), b.square());
        let all = [
            F::carry(ab),
            F::carry(aa),
            a.sum(b),
            a.difference(b),
            F::carry(F::sub(ab, aa)),
            F::carry(F::add(F::add(ab, aa), a.mul_small(121_665))),
            F::carry(F::add(F::sub(ab, bb), F::add(aa, ab))),
        ];
        let mut out = Vec::new();
        for element in all {
            // A second product, of what the first made.
            for element in [element, element.product(element)] {
                let mut words = [[0; 4]; 8];
                element.to_words(&mut words[..F::LANES]);
                out.push(words[F::LANES - 1]);
            }
        }
        out
    }
}

fn number(limbs: impl Iterator<Item = (u64, u32)>) -> BigUint {
    limbs.map(|(limb, start)| BigUint::from(limb) << start).sum()
}

fn expected<F: Limbs>(a: &[u64], b: &[u64]) -> Vec<BigUint> {
    let p = (BigUint::from(1u8) << 255u32) - 19u8;
    let value = |limbs: &[u64]| number(limbs.iter().copied().zip(F::START.iter().copied())) % &p;
    let (a, b) = (value(a), value(b));
    let minus = |x: &BigUint, y: &BigUint| (x + &p - y % &p) % &p;
    let (ab, aa, bb) = (&a * &b % &p, &a * &a % &p, &b * &b % &p);
    let small = &a * 121_665u32;
    let all = [
        ab.clone(),
        aa.clone(),
        (&a + &b) % &p,
        minus(&a, &b),
        minus(&ab, &aa),
        (&ab + &aa + small) % &p,
        (minus(&ab, &bb) + &aa + &ab) % &p,
    ];
    all.into_iter().flat_map(|x| [x.clone(), &x * &x % &p]).collect()
}

fn check<F: Limbs>() {
    if !F::is_here() {
        println!("skipped: this processor has not the instructions");
        return;
    }
    let zero = vec![0; F::MOST.len()];
    let mut one = zero.clone();
    one[0] = 1;
    let mut forms = vec![zero, one, F::MOST.to_vec()];
    // Each limb at its most, alone and missing.
    for k in 0..F::MOST.len() {
        let alone: Vec<u64> = (0..).zip(F::MOST).map(|(at, most)| if at == k { *most } else { 0 }).collect();
        let missing: Vec<u64> = alone.iter().zip(F::MOST).map(|(limb, most)| most - limb).collect();
        forms.extend([alone, missing]);
    }
    for a in &forms {
        for b in &forms {
            // SAFETY: the processor has the instructions.
            let found = unsafe { F::run(a, b) };
            let found: Vec<BigUint> =
                found.iter().map(|words| number(words.iter().copied().zip([0, 64, 128, 192]))).collect();
            assert_eq!(found, expected::<F>(a, b), "{a:x?} {b:x?}");
        }
    }
}

impl Limbs for Ifma {
    const START: &'static [u32] = &[0, 52, 104, 156, 208];
    const MOST: &'static [u64] =
        &[(1 << 52) - 1, (1 << 52) - 1, (1 << 52) - 1, (1 << 52) - 1, (1 << 47) + (1 << 44) - 1];

    fn is_here() -> bool {
        is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma")
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    unsafe fn from_limbs(limbs: &[u64]) -> Ifma {
        // SAFETY: the caller's, as for `Field`.
        unsafe { Ifma::of_limbs(limbs) }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    unsafe fn run(a: &[u64], b: &[u64]) -> Vec<[u64; 4]> {
        // SAFETY: the caller's, as for `Field`.
        unsafe { results::<Ifma>(a, b) }
    }
}

impl Limbs for Avx2 {
    const START: &'static [u32] = &[0, 26, 51, 77, 102, 128, 153, 179, 204, 230];
    const MOST: &'static [u64] = &[
        (1 << 26) - 1,
        (1 << 25) - 1,
        1 << 26,
        (1 << 25) - 1,
        (1 << 26) - 1,
        (1 << 25) - 1,
        (1 << 26) - 1,
        (1 << 25) - 1,
        (1 << 26) - 1,
        (1 << 25) - 1,
    ];

    fn is_here() -> bool {
        is_x86_feature_detected!("avx2")
    }

    #[target_feature(enable = "avx2")]
    unsafe fn from_limbs(limbs: &[u64]) -> Avx2 {
        // SAFETY: the caller's, as for `Field`.
        unsafe { Avx2::of_limbs(limbs) }
    }

    #[target_feature(enable = "avx2")]
    unsafe fn run(a: &[u64], b: &[u64]) -> Vec<[u64; 4]> {
        // SAFETY: the caller's, as for `Field`.
        unsafe { results::<Avx2>(a, b) }
    }
}

#[test]
fn ifma_is_right_at_its_bounds() {
    check::<Ifma>();
}

#[test]
fn avx2_is_right_at_its_bounds() {
    check::<Avx2>();
}

/// A limb above the bound, which a debug build must not let pass.
fn is_caught<F: Limbs>(limb: usize, above: u64) -> bool {
    let mut limbs = F::MOST.to_vec();
    limbs[limb] = above;
    // SAFETY: the processor has the instructions.
    std::panic::catch_unwind(|| unsafe { F::run(&limbs, F::MOST) }).is_err()
}

#[test]
#[cfg(debug_assertions)]
fn a_debug_build_catches_what_is_above() {
    assert!(!Ifma::is_here() || is_caught::<Ifma>(4, (1 << 47) + (1 << 44)));
    assert!(!Avx2::is_here() || is_caught::<Avx2>(3, (1 << 25) + (1 << 15)));
}
