//! Products reduced by long division (Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithm D).

use zeroize::Zeroizing;

use crate::montgomery::{subtract, wide};

/// A modulus of two limbs or more, shifted so that its top bit is set.
pub(crate) struct Divisor {
    /// Significant limbs only.
    limbs: Zeroizing<Vec<u64>>,
    /// 2^64^count minus the divisor.
    complement: Zeroizing<Vec<u64>>,
    shift: u32,
}

impl Divisor {
    pub(crate) fn new(n: &[u64]) -> Option<Self> {
        let significant = n.len() - n.iter().rev().take_while(|limb| **limb == 0).count();
        if significant < 2 {
            return None;
        }
        let mut limbs = Zeroizing::new(n[..significant].to_vec());
        let shift = limbs[significant - 1].leading_zeros();
        shift_left(&mut limbs, shift);
        let mut complement = Zeroizing::new(vec![0; significant]);
        subtract(&mut complement, &limbs);
        Some(Self { limbs, complement, shift })
    }

    /// a = a * b modulo N; `product` has room for both and one limb.
    pub(crate) fn multiply(&self, a: &mut [u64], b: &[u64], product: &mut [u64]) {
        product.fill(0);
        for (i, b) in b.iter().enumerate() {
            let carry = multiply_add(&mut product[i..i + a.len()], a, *b);
            product[i + a.len()] = carry;
        }
        shift_left(product, self.shift);
        let count = self.limbs.len();
        for top in (count..product.len()).rev() {
            self.divide_step(&mut product[top - count..=top]);
        }
        // Shifted back; what is above the divisor's limbs is zero by now.
        for (i, limb) in a.iter_mut().enumerate() {
            let pair = u128::from(product[i]) | u128::from(product[i + 1]) << 64;
            *limb = (pair >> self.shift) as u64;
        }
    }

    /// Takes the quotient digit's multiple of the divisor off a window one limb longer than the divisor.
    fn divide_step(&self, window: &mut [u64]) {
        let count = self.limbs.len();
        let (top, below) = (self.limbs[count - 1], self.limbs[count - 2]);
        let high = u128::from(window[count]) << 64 | u128::from(window[count - 1]);
        let (mut quotient, mut rest) = if window[count] >= top {
            (u64::MAX.into(), high - u128::from(u64::MAX) * u128::from(top))
        } else {
            (high / u128::from(top), high % u128::from(top))
        };
        // With the second limb the digit is right or one too large.
        while rest >> 64 == 0 && quotient * u128::from(below) > (rest << 64 | u128::from(window[count - 2])) {
            quotient -= 1;
            rest += u128::from(top);
        }
        // Minus q * D is plus q * (2^64^count - D), minus q in the limb above: additions only, which are faster.
        let carry = multiply_add(&mut window[..count], &self.complement, quotient as u64);
        window[count] = window[count].wrapping_add(carry).wrapping_sub(quotient as u64);
        if window[count] != 0 {
            let carry = add(&mut window[..count], &self.limbs);
            window[count] = window[count].wrapping_add(carry.into());
        }
    }
}

/// sum += a * b; gives the carry.
fn multiply_add(sum: &mut [u64], a: &[u64], b: u64) -> u64 {
    let mut carry = 0;
    let mut step = |sum: &mut u64, a: u64| {
        let result = wide(*sum, a, b, carry);
        (*sum, carry) = (result as u64, (result >> 64) as u64);
    };
    // Eight at a time, which the compiler does not do by itself for a chain of carries.
    let (mut sums, mut factors) = (sum.chunks_exact_mut(8), a.chunks_exact(8));
    for (sum, a) in sums.by_ref().zip(factors.by_ref()) {
        (0..8).for_each(|i| step(&mut sum[i], a[i]));
    }
    sums.into_remainder().iter_mut().zip(factors.remainder()).for_each(|(sum, a)| step(sum, *a));
    carry
}

fn add(sum: &mut [u64], a: &[u64]) -> bool {
    let mut carry = false;
    for (sum, a) in sum.iter_mut().zip(a) {
        let result = u128::from(*sum) + u128::from(*a) + u128::from(carry);
        (*sum, carry) = (result as u64, result >> 64 != 0);
    }
    carry
}

fn shift_left(number: &mut [u64], shift: u32) {
    let mut carry = 0;
    for limb in number {
        let shifted = u128::from(*limb) << shift | carry;
        (*limb, carry) = (shifted as u64, shifted >> 64);
    }
}

#[cfg(test)]
mod tests {
    use crate::montgomery::Modulus;

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
