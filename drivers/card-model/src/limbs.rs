//! Numbers in 64-bit limbs, the lowest first: sums, differences and shifts that take time by the data.

use std::cmp::Ordering;

/// sum += a * b; gives the carry.
pub(crate) fn multiply_add(sum: &mut [u64], a: &[u64], b: u64) -> u64 {
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

/// sum += a; gives the carry.
pub(crate) fn add(sum: &mut [u64], a: &[u64]) -> bool {
    let mut carry = false;
    for (sum, a) in sum.iter_mut().zip(a) {
        let result = u128::from(*sum) + u128::from(*a) + u128::from(carry);
        (*sum, carry) = (result as u64, result >> 64 != 0);
    }
    carry
}

/// Up by fewer bits than a limb has; what goes over the top is lost.
pub(crate) fn shift_left(number: &mut [u64], shift: u32) {
    let mut carry = 0;
    for limb in number {
        let shifted = u128::from(*limb) << shift | carry;
        (*limb, carry) = (shifted as u64, shifted >> 64);
    }
}

/// x + a * b + y: never above 2^128 - 1.
#[inline(always)]
pub(crate) fn wide(x: u64, a: u64, b: u64, y: u64) -> u128 {
    u128::from(a) * u128::from(b) + u128::from(x) + u128::from(y)
}

/// a = 2a modulo N.
pub(crate) fn double(a: &mut [u64], n: &[u64]) {
    let mut carry = 0;
    for limb in a.iter_mut() {
        (*limb, carry) = (*limb << 1 | carry, *limb >> 63);
    }
    if carry != 0 || compare(a, n) != Ordering::Less {
        subtract(a, n);
    }
}

/// a = a - b, dropping a last borrow.
pub(crate) fn subtract(a: &mut [u64], b: &[u64]) {
    let mut borrow = false;
    for (a, b) in a.iter_mut().zip(b) {
        let (difference, first) = a.overflowing_sub(*b);
        let (difference, second) = difference.overflowing_sub(borrow.into());
        (*a, borrow) = (difference, first | second);
    }
}

/// Compares numbers of the same width.
pub(crate) fn compare(a: &[u64], b: &[u64]) -> Ordering {
    a.iter().rev().cmp(b.iter().rev())
}
