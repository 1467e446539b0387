//! The private exponent modulo a prime less one, in time that depends on the prime's width alone.
//!
//! 1/e modulo m, m = p - 1: with k = -1/m modulo e the number 1 + k m is divisible by e, and the quotient is below m. So the one
//! inversion is modulo e, which is public and has 64 bits at most.

use subtle::{ConditionallySelectable, ConstantTimeEq, ConstantTimeLess};
use zeroize::Zeroizing;

use limbs::{add, inverse_of_limb, mul_wide, sub};

/// 1/e modulo prime - 1, as wide as the prime; `None` where there is none. e is odd and above 1.
pub(crate) fn private_exponent(e: u64, prime: &[u64]) -> Option<Zeroizing<Vec<u64>>> {
    let e = Exponent::new(e);
    let mut less_one = Zeroizing::new(prime.to_vec());
    sub(&mut less_one, &[1]);
    let inverse = e.invert(*Zeroizing::new(e.remainder(&less_one)));
    // secret: whether e has an inverse: true for every key, or there is none.
    let inverse = Zeroizing::new(inverse?);
    let mut multiple = Zeroizing::new(vec![0; prime.len() + 1]);
    mul_wide(&less_one, &[e.e.wrapping_sub(*inverse)], &mut multiple);
    add(&mut multiple, &[1]);
    e.divide(&mut multiple);
    multiple.truncate(prime.len());
    Some(multiple)
}

/// Arithmetic modulo a public number of one limb.
struct Exponent {
    e: u64,
    /// 1/e modulo 2^64.
    inverse: u64,
    /// 2^128 modulo e.
    r_squared: u64,
}

impl Exponent {
    fn new(e: u64) -> Exponent {
        let inverse = inverse_of_limb(e);
        let r_squared = (u128::MAX % u128::from(e) + 1) % u128::from(e);
        Exponent { e, inverse, r_squared: r_squared as u64 }
    }

    /// a b / 2^64 modulo e, for b below e (P. L. Montgomery, "Modular multiplication without trial division", 1985).
    fn multiply(&self, a: u64, b: u64) -> u64 {
        let product = u128::from(a).wrapping_mul(u128::from(b));
        let m = (product as u64).wrapping_mul(self.inverse);
        // product - m e is divisible by 2^64, and above -e 2^64.
        let high = (u128::from(m).wrapping_mul(u128::from(self.e)) >> 64) as u64;
        self.difference((product >> 64) as u64, high)
    }

    /// a - b modulo e, for a and b below e.
    fn difference(&self, a: u64, b: u64) -> u64 {
        a.wrapping_sub(b).wrapping_add(u64::conditional_select(&0, &self.e, a.ct_lt(&b)))
    }

    /// A number modulo e.
    fn remainder(&self, number: &[u64]) -> u64 {
        number.iter().rev().fold(0, |high, limb| {
            let limb = self.multiply(self.multiply(*limb, self.r_squared), 1);
            // a + b as a - (0 - b).
            self.difference(self.multiply(high, self.r_squared), self.difference(0, limb))
        })
    }

    /// 1/a modulo e, by the binary Euclidean algorithm with the steps of the longest input and a choice in place of each branch.
    fn invert(&self, a: u64) -> Option<u64> {
        // u a0 = a and v a0 = b modulo e throughout.
        let (mut a, mut b, mut u, mut v) = (a, self.e, 1, 0);
        for _ in 0..2 * u64::BITS {
            let odd = (a & 1).ct_eq(&1);
            let swap = odd & a.ct_lt(&b);
            u64::conditional_swap(&mut a, &mut b, swap);
            u64::conditional_swap(&mut u, &mut v, swap);
            a = a.wrapping_sub(u64::conditional_select(&0, &b, odd)) >> 1;
            u = self.half(self.difference(u, u64::conditional_select(&0, &v, odd)));
        }
        bool::from(b.ct_eq(&1)).then_some(v)
    }

    /// a / 2 modulo e.
    fn half(&self, a: u64) -> u64 {
        // (a + e) / 2 of an odd a, without the bit that the sum may have above its 64.
        (a >> 1).wrapping_add(u64::conditional_select(&0, &(self.e / 2 + 1), (a & 1).ct_eq(&1)))
    }

    /// Divides by e what e divides, from the lowest limb upwards (T. Jebelean, "An algorithm for exact division", 1993).
    fn divide(&self, number: &mut [u64]) {
        let mut borrow = 0;
        for limb in number {
            let wide = u128::from(*limb).wrapping_sub(u128::from(borrow));
            *limb = (wide as u64).wrapping_mul(self.inverse);
            let taken = (u128::from(*limb).wrapping_mul(u128::from(self.e)) >> 64) as u64;
            borrow = taken.wrapping_add((wide >> 64) as u64 & 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;

    use super::*;

    /// Public exponents at every border: the usual one, composite ones, the widest.
    const EXPONENTS: [u64; 8] =
        [3, 65_537, 65_539 * 3, (1 << 32) + 15, (1 << 63) - 25, (1 << 63) + 29, u64::MAX - 58, u64::MAX];

    fn number(limbs: &[u64]) -> BigUint {
        limbs.iter().rev().fold(BigUint::ZERO, |high, limb| (high << 64) + limb)
    }

    fn numbers() -> impl Iterator<Item = Vec<u64>> {
        let mut x = 1u64;
        let mut random = move || {
            x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            x ^ x >> 29
        };
        let random = (0..60).map(move |i| (0..1 + i % 17).map(|_| random()).collect());
        let special = [vec![3], vec![u64::MAX; 16], vec![1; 3], [vec![1], vec![0; 14], vec![1 << 63]].concat()];
        special.into_iter().chain(random).map(|mut limbs: Vec<u64>| {
            limbs[0] |= 1;
            limbs
        })
    }

    #[test]
    fn agrees_with_num_bigint() {
        let (mut found, mut none) = (0, 0);
        for e in EXPONENTS {
            for limbs in numbers().filter(|limbs| number(limbs) > BigUint::from(1u8)) {
                let modulus = number(&limbs) - 1u8;
                let expected = BigUint::from(e).modinv(&modulus);
                let exponent = private_exponent(e, &limbs);
                match &exponent {
                    Some(_) => found += 1,
                    None => none += 1,
                }
                assert_eq!(exponent.map(|d| number(&d)), expected, "1/{e} modulo {modulus}");
            }
        }
        assert!(found > 200 && none > 50, "{found} {none}");
    }

    #[test]
    fn remainders_are_right() {
        for e in EXPONENTS {
            for limbs in numbers() {
                assert_eq!(BigUint::from(Exponent::new(e).remainder(&limbs)), number(&limbs) % e, "{limbs:x?} % {e}");
            }
        }
    }
}
