//! Between limbs of 64 bits and digits of fewer.

/// `limbs` in digits of `radix` bits; zeros above. Digits that would be beyond the end are left out.
pub(crate) fn to_digits(limbs: &[u64], radix: u32, digits: &mut [u64]) {
    let mask = mask(radix);
    let (mut buffer, mut have) = (0u128, 0);
    let mut limbs = limbs.iter();
    for digit in digits {
        if have < radix {
            buffer |= u128::from(limbs.next().copied().unwrap_or(0)) << have;
            have += 64;
        }
        *digit = buffer as u64 & mask;
        buffer >>= radix;
        have -= radix;
    }
}

/// The largest digit of `radix` bits, up to 64.
pub(crate) fn mask(radix: u32) -> u64 {
    u64::MAX >> (64 - radix)
}

/// A number below 2n in digits as limbs, below n.
pub(crate) fn from_digits(digits: &[u64], radix: u32, n: &[u64], limbs: &mut [u64]) {
    let top = to_limbs(digits, radix, limbs);
    subtract_if_over(limbs, top, n);
}

/// Digits as limbs; what is above them.
pub(crate) fn to_limbs(digits: &[u64], radix: u32, limbs: &mut [u64]) -> u64 {
    let (mut buffer, mut have) = (0u128, 0);
    let mut digits = digits.iter();
    for limb in limbs.iter_mut() {
        while have < 64 {
            buffer |= u128::from(digits.next().copied().unwrap_or(0)) << have;
            have += radix;
        }
        *limb = buffer as u64;
        buffer >>= 64;
        have -= 64;
    }
    buffer as u64 | digits.next().copied().unwrap_or(0) << have
}

/// Subtracts n once if top * 2^(64 * limbs) + a is not below n; it is below 2n.
pub(crate) fn subtract_if_over(a: &mut [u64], top: u64, n: &[u64]) {
    let borrow = a.iter().zip(n).fold(0, |borrow, (a, n)| subtract(*a, *n, borrow).1);
    let mask = 0u64.wrapping_sub((borrow ^ 1) | top);
    let mut borrow = 0;
    for (a, n) in a.iter_mut().zip(n) {
        (*a, borrow) = subtract(*a, *n & mask, borrow);
    }
}

fn subtract(a: u64, b: u64, borrow: u64) -> (u64, u64) {
    let wide = u128::from(a).wrapping_sub(u128::from(b)).wrapping_sub(u128::from(borrow));
    (wide as u64, (wide >> 64) as u64 & 1)
}
