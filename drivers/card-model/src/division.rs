//! Products reduced by long division (Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithm D).

use zeroize::Zeroizing;

use crate::limbs::{add, multiply_add, shift_left, subtract};

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
