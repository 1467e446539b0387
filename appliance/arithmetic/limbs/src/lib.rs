//! Plain integers in 64-bit limbs, the lowest first: what the modular arithmetic and the schemes share. No branch and no address
//! depends on a value.

#![forbid(unsafe_code)]

use zeroize::Zeroizing;

/// out = a * b; out is as wide as both together.
pub fn mul_wide(a: &[u64], b: &[u64], out: &mut [u64]) {
    out.fill(0);
    for (i, x) in a.iter().enumerate() {
        let mut carry = 0;
        for (y, out) in b.iter().zip(&mut out[i..]) {
            (*out, carry) = mul_add(*out, *x, *y, carry);
        }
        if let Some(out) = out.get_mut(i + b.len()) {
            *out = carry;
        }
    }
}

/// out = a * b modulo 2^(64 * out.len()).
pub fn mul_low(a: &[u64], b: &[u64], out: &mut [u64]) {
    out.fill(0);
    let limbs = out.len();
    for (i, x) in a.iter().enumerate().take(limbs) {
        let mut carry = 0;
        for (y, out) in b.iter().zip(&mut out[i..]) {
            (*out, carry) = mul_add(*out, *x, *y, carry);
        }
        if let Some(out) = out.get_mut(i + b.len()) {
            *out = carry;
        }
    }
}

/// a = a + b, b no wider; the carry out.
pub fn add(a: &mut [u64], b: &[u64]) -> u64 {
    let mut carry = 0;
    for (i, a) in a.iter_mut().enumerate() {
        let sum = u128::from(*a) + u128::from(b.get(i).copied().unwrap_or(0)) + u128::from(carry);
        (*a, carry) = (sum as u64, (sum >> 64) as u64);
    }
    carry
}

/// a = a - b, b no wider; the borrow out.
pub fn sub(a: &mut [u64], b: &[u64]) -> u64 {
    let mut borrow = 0;
    for (i, a) in a.iter_mut().enumerate() {
        let b = u128::from(b.get(i).copied().unwrap_or(0));
        let wide = u128::from(*a).wrapping_sub(b).wrapping_sub(u128::from(borrow));
        (*a, borrow) = (wide as u64, (wide >> 64) as u64 & 1);
    }
    borrow
}

/// a = -a if `negate` is 1, a if it is 0.
pub fn negate_if(a: &mut [u64], negate: u64) {
    let (mask, mut carry) = (0u64.wrapping_sub(negate), negate);
    for limb in a {
        let (sum, over) = (*limb ^ mask).overflowing_add(carry);
        (*limb, carry) = (sum, u64::from(over));
    }
}

/// Whether a < b, as 1 or 0; of one width.
pub fn less(a: &[u64], b: &[u64]) -> u64 {
    a.iter().zip(b).fold(0, |borrow, (a, b)| {
        let wide = u128::from(*a).wrapping_sub(u128::from(*b)).wrapping_sub(u128::from(borrow));
        (wide >> 64) as u64 & 1
    })
}

/// 1/n modulo 2^64 for an odd n: Newton's iteration doubles the right bits each time: 3, 6, 12, 24, 48, 96.
pub fn inverse_of_limb(n: u64) -> u64 {
    (0..5).fold(n.wrapping_mul(3) ^ 2, |x, _| x.wrapping_mul(2u64.wrapping_sub(n.wrapping_mul(x))))
}

/// 1/p modulo 2^(64 * limbs) for an odd p, by Newton's iteration x = x (2 - p x).
pub fn exact_inverse(p: &[u64]) -> Zeroizing<Vec<u64>> {
    let limbs = p.len();
    let mut x = Zeroizing::new(vec![0; limbs]);
    x[0] = inverse_of_limb(p[0]);
    let mut product = Zeroizing::new(vec![0; limbs]);
    let mut next = Zeroizing::new(vec![0; limbs]);
    // 64 bits are right to begin with; each step doubles them.
    for _ in 0..limbs.next_power_of_two().ilog2() {
        mul_low(p, &x, &mut product);
        negate_if(&mut product, 1);
        add(&mut product, &[2]);
        mul_low(&x, &product, &mut next);
        x.copy_from_slice(&next);
    }
    x
}

fn mul_add(t: u64, a: u64, b: u64, c: u64) -> (u64, u64) {
    let wide = u128::from(a).wrapping_mul(u128::from(b)).wrapping_add(u128::from(t)).wrapping_add(u128::from(c));
    (wide as u64, (wide >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    fn big(limbs: &[u64]) -> BigUint {
        limbs.iter().rev().fold(BigUint::ZERO, |n, limb| (n << 64u32) + limb)
    }

    fn numbers() -> impl Strategy<Value = Vec<u64>> {
        // Limbs of zeros and ones are where carries go wrong.
        let limb = prop_oneof![Just(0), Just(u64::MAX), Just(1), any::<u64>()];
        prop::collection::vec(limb, 1..9)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn agrees_with_num_bigint(a in numbers(), b in numbers(), width in 1usize..12) {
            let (x, y) = (big(&a), big(&b));
            let power = |limbs: usize| BigUint::from(1u8) << (64 * limbs);
            let mut wide = vec![7; a.len() + b.len()];
            mul_wide(&a, &b, &mut wide);
            prop_assert_eq!(big(&wide), &x * &y);
            let mut low = vec![7; width];
            mul_low(&a, &b, &mut low);
            prop_assert_eq!(big(&low), &x * &y % power(width));
            let (mut sum, other) = (a.clone(), &b[..b.len().min(a.len())]);
            let carry = add(&mut sum, other);
            prop_assert_eq!(big(&sum) + BigUint::from(carry) * power(a.len()), &x + big(other));
            let borrow = sub(&mut sum, other);
            prop_assert_eq!((&sum, borrow), (&a, carry));
            let mut negated = a.clone();
            negate_if(&mut negated, 1);
            prop_assert_eq!((big(&negated) + &x) % power(a.len()), BigUint::ZERO);
            negate_if(&mut negated, 0);
            prop_assert_eq!((big(&negated) + &x) % power(a.len()), BigUint::ZERO);
            let mut same = b.clone();
            same.resize(a.len(), 0);
            prop_assert_eq!(less(&a, &same) == 1, x < big(&same));
        }

        #[test]
        fn inverses_modulo_powers_of_two(mut p in numbers()) {
            p[0] |= 1;
            prop_assert_eq!(p[0].wrapping_mul(inverse_of_limb(p[0])), 1);
            let inverse = exact_inverse(&p);
            let mut product = vec![0; p.len()];
            mul_low(&p, &inverse, &mut product);
            prop_assert_eq!(big(&product), BigUint::from(1u8));
        }
    }
}
