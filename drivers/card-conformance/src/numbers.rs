//! Numbers as the driver takes them and as num-bigint does, and the ones that break Montgomery code.

use num_bigint::BigUint;

pub(crate) fn to_limbs(number: &BigUint, limbs: usize) -> Vec<u64> {
    let mut digits = number.to_u64_digits();
    assert!(digits.len() <= limbs, "a number of {} limbs where {limbs} are", digits.len());
    digits.resize(limbs, 0);
    digits
}

pub(crate) fn from_limbs(limbs: &[u64]) -> BigUint {
    BigUint::from_bytes_le(&limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect::<Vec<_>>())
}

pub(crate) fn split(flat: &[u64], limbs: usize) -> Vec<BigUint> {
    flat.chunks(limbs).map(from_limbs).collect()
}

/// Odd, top bit set, no structure that a reduction could profit from.
pub(crate) fn modulus(bits: usize) -> BigUint {
    let three = BigUint::from(3u32).pow((bits as f64 / 1.584_962_500_721_156) as u32 - 8);
    ((BigUint::from(1u32) << (bits - 1)) + three) | BigUint::from(1u32)
}

/// Moduli of this width, each with a name, that have caught mistakes elsewhere.
pub(crate) fn hard_moduli(bits: usize) -> Vec<(&'static str, BigUint)> {
    let one = || BigUint::from(1u32);
    let power = |exponent: usize| one() << exponent;
    vec![
        ("all ones", power(bits) - 1u32),
        ("a long run of zeros", power(bits - 1) + 1u32),
        ("ones, then zeros, then one", power(bits) - power(bits / 2) + 1u32),
        ("the top limb zero", power(bits - 64) - 59u32 * 2 + 1u32),
        ("three", BigUint::from(3u32)),
    ]
}

/// Operands: edges first, then runs of ones and zeros, then numbers that look random and are the same in every run.
pub(crate) fn operands_below(n: &BigUint, items: usize, seed: u32) -> Vec<BigUint> {
    let one = BigUint::from(1u32);
    let bits = n.bits();
    let edges = [BigUint::ZERO, one.clone(), n - &one];
    let runs = [(BigUint::from(1u32) << (bits / 2)) - &one, n - (BigUint::from(1u32) << (bits / 2)), n >> 1u32];
    let mut last = BigUint::from(seed) + n / 3u32;
    let rest = std::iter::repeat_with(|| {
        last = (&last * &last + &one) % n;
        last.clone()
    });
    edges.into_iter().chain(runs).map(|value| value % n).chain(rest).take(items).collect()
}
