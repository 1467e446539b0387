//! Montgomery arithmetic on 64-bit limbs, written for the model alone: it shares nothing with the engines that it is
//! compared with. Time depends on the data.

use std::cmp::Ordering;

use zeroize::{Zeroize, Zeroizing};

use crate::division::Divisor;
use crate::limbs::{compare, double, subtract, wide};

/// An odd modulus with what Montgomery multiplication needs of it.
pub(crate) struct Modulus {
    n: Zeroizing<Vec<u64>>,
    /// -1/N modulo 2^64.
    negative_inverse: u64,
    /// R^2 and R modulo N, where R is 2 to the width of N's limbs.
    r_squared: Zeroizing<Vec<u64>>,
    one: Zeroizing<Vec<u64>>,
    accumulator: Vec<u64>,
    spare: Vec<u64>,
    wide: Vec<u64>,
    /// None for a modulus of one limb.
    divisor: Option<Divisor>,
}

impl Modulus {
    /// None for an even modulus, and for 1.
    pub(crate) fn new(n: &[u64]) -> Option<Self> {
        let limbs = n.len();
        if n.first()? & 1 == 0 || (n[0] == 1 && n[1..].iter().all(|limb| *limb == 0)) {
            return None;
        }
        // Newton's iteration doubles the right bits each time: 5, 10, 20, 40, 80.
        let inverse =
            (0..4).fold(n[0].wrapping_mul(3) ^ 2, |x, _| x.wrapping_mul(2u64.wrapping_sub(n[0].wrapping_mul(x))));
        let mut power = vec![0; limbs];
        power[0] = 1;
        (0..limbs * 64).for_each(|_| double(&mut power, n));
        let one = Zeroizing::new(power.clone());
        (0..limbs * 64).for_each(|_| double(&mut power, n));
        Some(Self {
            n: Zeroizing::new(n.to_vec()),
            negative_inverse: inverse.wrapping_neg(),
            r_squared: Zeroizing::new(power),
            one,
            accumulator: vec![0; limbs],
            spare: vec![0; limbs],
            wide: vec![0; 2 * limbs + 1],
            divisor: Divisor::new(n),
        })
    }

    pub(crate) fn limbs(&self) -> usize {
        self.n.len()
    }

    /// The modulus itself.
    pub(crate) fn n(&self) -> &[u64] {
        &self.n
    }

    /// 1 in Montgomery form.
    pub(crate) fn one(&self) -> &[u64] {
        &self.one
    }

    /// R^2 mod N for the radix R = 2^bits of a card; not smaller than this model's own.
    pub(crate) fn radix_squared(&self, bits: usize) -> Zeroizing<Vec<u64>> {
        let mut power = self.r_squared.clone();
        (0..2 * bits - 128 * self.limbs()).for_each(|_| double(&mut power, &self.n));
        power
    }

    pub(crate) fn contains(&self, a: &[u64]) -> bool {
        compare(a, &self.n) == Ordering::Less
    }

    /// out = a * b / R modulo N, for a and b below N.
    pub(crate) fn multiply(&mut self, a: &[u64], b: &[u64], out: &mut [u64]) {
        montgomery(a, b, &self.n, self.negative_inverse, &mut self.accumulator);
        out.copy_from_slice(&self.accumulator);
    }

    /// a = a * b / R modulo N.
    pub(crate) fn multiply_by(&mut self, a: &mut [u64], b: &[u64]) {
        montgomery(a, b, &self.n, self.negative_inverse, &mut self.accumulator);
        a.copy_from_slice(&self.accumulator);
    }

    pub(crate) fn square(&mut self, a: &mut [u64]) {
        montgomery(a, a, &self.n, self.negative_inverse, &mut self.accumulator);
        a.copy_from_slice(&self.accumulator);
    }

    /// Into Montgomery form.
    pub(crate) fn enter(&mut self, a: &mut [u64]) {
        montgomery(a, &self.r_squared, &self.n, self.negative_inverse, &mut self.accumulator);
        a.copy_from_slice(&self.accumulator);
    }

    /// Out of Montgomery form.
    pub(crate) fn leave(&mut self, a: &mut [u64]) {
        self.spare.fill(0);
        self.spare[0] = 1;
        montgomery(a, &self.spare, &self.n, self.negative_inverse, &mut self.accumulator);
        a.copy_from_slice(&self.accumulator);
    }

    /// a = a * b modulo N, neither in Montgomery form: half the work of going in and out of it.
    pub(crate) fn product(&mut self, a: &mut [u64], b: &[u64]) {
        match &self.divisor {
            Some(divisor) => divisor.multiply(a, b, &mut self.wide),
            None => {
                self.multiply_by(a, b);
                self.enter(a);
            }
        }
    }
}

impl Drop for Modulus {
    fn drop(&mut self) {
        self.accumulator.zeroize();
        self.spare.zeroize();
        self.wide.zeroize();
    }
}

/// One row of a * b_i and one of N * m in each step, the two carries side by side.
fn montgomery(a: &[u64], b: &[u64], n: &[u64], negative_inverse: u64, out: &mut [u64]) {
    let limbs = n.len();
    let (a, b, out) = (&a[..limbs], &b[..limbs], &mut out[..limbs]);
    out.fill(0);
    let mut top = 0;
    for b in b {
        let low = wide(out[0], a[0], *b, 0);
        let m = (low as u64).wrapping_mul(negative_inverse);
        let mut carry_a = (low >> 64) as u64;
        let mut carry_n = (wide(low as u64, n[0], m, 0) >> 64) as u64;
        for j in 1..limbs {
            let first = wide(out[j], a[j], *b, carry_a);
            carry_a = (first >> 64) as u64;
            let second = wide(first as u64, n[j], m, carry_n);
            carry_n = (second >> 64) as u64;
            out[j - 1] = second as u64;
        }
        let sum = u128::from(carry_a) + u128::from(carry_n) + u128::from(top);
        out[limbs - 1] = sum as u64;
        top = (sum >> 64) as u64;
    }
    if top != 0 || compare(out, n) != Ordering::Less {
        subtract(out, n);
    }
}

#[cfg(test)]
mod tests {
    use super::Modulus;

    /// Limbs that make quotient digits too large, and moduli of fewer limbs than their width.
    #[test]
    fn agrees_with_montgomery_multiplication_at_the_edges() {
        const LIMBS: [u64; 7] = [0, 1, 2, 1 << 63, (1 << 63) - 1, u64::MAX - 1, u64::MAX];
        let numbers = || (0..7usize.pow(3)).map(|i| [LIMBS[i % 7], LIMBS[i / 7 % 7], LIMBS[i / 49]]);
        for n in numbers() {
            let Some(mut modulus) = Modulus::new(&n) else { continue };
            for a in numbers() {
                let mut a = a;
                // Anything below N will do; Montgomery form brings the number there.
                modulus.enter(&mut a);
                if !modulus.contains(&a) {
                    continue;
                }
                let mut by_division = a;
                modulus.product(&mut by_division, &a);
                let mut by_montgomery = a;
                modulus.multiply_by(&mut by_montgomery, &a);
                modulus.enter(&mut by_montgomery);
                assert_eq!(by_division, by_montgomery, "{a:x?} squared modulo {n:x?}");
            }
        }
    }
}
