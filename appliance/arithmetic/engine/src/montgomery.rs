//! The inner loops. No branch and no address here depends on a number's value.

use subtle::ConstantTimeEq;

/// out = a * b / 2^(64 * limbs) modulo n, for `a` of any value and `b` below n.
///
/// Two rows of the schoolbook product and the two rows that make its low limbs vanish go in one pass (Koç, Acar and
/// Kaliski 1996, "finely integrated operand scanning", two rows deep): fewer loads and stores for each product, which
/// counts on a real machine and still more under an emulator, where each costs a look-up.
pub(crate) fn multiply(a: &[u64], b: &[u64], n: &[u64], n0: u64, out: &mut [u64]) {
    let limbs = n.len();
    let (a, b, out) = (&a[..limbs], &b[..limbs], &mut out[..limbs]);
    out.fill(0);
    let mut top = 0;
    let mut pairs = b.chunks_exact(2);
    for pair in &mut pairs {
        top = two_rows(a, pair[0], pair[1], n, n0, out, top);
    }
    if let [last] = pairs.remainder() {
        top = one_row(a, *last, n, n0, out, top);
    }
    subtract_if_over(out, top, n);
}

fn two_rows(a: &[u64], b0: u64, b1: u64, n: &[u64], n0: u64, out: &mut [u64], top: u64) -> u64 {
    let limbs = n.len();
    let (a, out) = (&a[..limbs], &mut out[..limbs]);
    let (low, mut a_carry0) = mul_add(out[0], a[0], b0, 0);
    let m0 = low.wrapping_mul(n0);
    let (_, mut n_carry0) = mul_add(low, n[0], m0, 0);
    let (low, carry) = mul_add(out[1], a[1], b0, a_carry0);
    a_carry0 = carry;
    let (low, carry) = mul_add(low, n[1], m0, n_carry0);
    n_carry0 = carry;
    let (low, mut a_carry1) = mul_add(low, a[0], b1, 0);
    let m1 = low.wrapping_mul(n0);
    let (_, mut n_carry1) = mul_add(low, n[0], m1, 0);
    for j in 2..limbs {
        let mut t = out[j];
        (t, a_carry0) = mul_add(t, a[j], b0, a_carry0);
        (t, n_carry0) = mul_add(t, n[j], m0, n_carry0);
        (t, a_carry1) = mul_add(t, a[j - 1], b1, a_carry1);
        (t, n_carry1) = mul_add(t, n[j - 1], m1, n_carry1);
        out[j - 2] = t;
    }
    let sum = u128::from(a_carry0) + u128::from(n_carry0) + u128::from(top);
    let (t, high) = mul_add(sum as u64, a[limbs - 1], b1, a_carry1);
    let (t, high2) = mul_add(t, n[limbs - 1], m1, n_carry1);
    out[limbs - 2] = t;
    let sum = u128::from(high) + u128::from(high2) + (sum >> 64);
    out[limbs - 1] = sum as u64;
    (sum >> 64) as u64
}

fn one_row(a: &[u64], b: u64, n: &[u64], n0: u64, out: &mut [u64], top: u64) -> u64 {
    let limbs = n.len();
    let (low, mut a_carry) = mul_add(out[0], a[0], b, 0);
    let m = low.wrapping_mul(n0);
    let (_, mut n_carry) = mul_add(low, n[0], m, 0);
    for j in 1..limbs {
        let mut t = out[j];
        (t, a_carry) = mul_add(t, a[j], b, a_carry);
        (t, n_carry) = mul_add(t, n[j], m, n_carry);
        out[j - 1] = t;
    }
    let sum = u128::from(a_carry) + u128::from(n_carry) + u128::from(top);
    out[limbs - 1] = sum as u64;
    (sum >> 64) as u64
}

/// t + a * b + c, which never overflows 128 bits; low and high half.
#[inline(always)]
fn mul_add(t: u64, a: u64, b: u64, c: u64) -> (u64, u64) {
    let wide = u128::from(a).wrapping_mul(u128::from(b)).wrapping_add(u128::from(t)).wrapping_add(u128::from(c));
    (wide as u64, (wide >> 64) as u64)
}

/// Subtracts n once if top * 2^(64 * limbs) + a is not below n; it is below 2n.
pub(crate) fn subtract_if_over(a: &mut [u64], top: u64, n: &[u64]) {
    let borrow = a.iter().zip(n).fold(0, |borrow, (a, n)| sub_borrow(*a, *n, borrow).1);
    // Over if there was no borrow, or if the top limb pays for it.
    let mask = 0u64.wrapping_sub((borrow ^ 1) | top);
    let mut borrow = 0;
    for (a, n) in a.iter_mut().zip(n) {
        (*a, borrow) = sub_borrow(*a, *n & mask, borrow);
    }
}

/// a = a + b modulo n, both below n.
pub(crate) fn add(a: &mut [u64], b: &[u64], n: &[u64]) {
    let mut carry = 0;
    for (a, b) in a.iter_mut().zip(b) {
        let sum = u128::from(*a) + u128::from(*b) + u128::from(carry);
        (*a, carry) = (sum as u64, (sum >> 64) as u64);
    }
    subtract_if_over(a, carry, n);
}

/// a - b - borrow; the difference and the borrow out.
#[inline(always)]
pub(crate) fn sub_borrow(a: u64, b: u64, borrow: u64) -> (u64, u64) {
    let wide = u128::from(a).wrapping_sub(u128::from(b)).wrapping_sub(u128::from(borrow));
    (wide as u64, (wide >> 64) as u64 & 1)
}

/// out = table[index], reading every entry.
pub(crate) fn select(table: &[u64], index: u64, out: &mut [u64]) {
    out.fill(0);
    for (i, entry) in table.chunks_exact(out.len()).enumerate() {
        // By way of subtle's barrier: of the bare arithmetic the compiler may make a branch.
        let mask = 0u64.wrapping_sub((i as u64).ct_eq(&index).unwrap_u8().into());
        for (out, word) in out.iter_mut().zip(entry) {
            *out |= *word & mask;
        }
    }
}
