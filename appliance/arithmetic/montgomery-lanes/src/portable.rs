//! The processor's own 64-bit multiplier: one lane, digits of 64 bits.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::functions::{Functions, Raw};

pub(crate) const FUNCTIONS: Functions = Functions {
    lanes: 1,
    radix: 64,
    strip: 1,
    multiply,
    square,
    pairs: None,
    select,
    look_up,
    gather,
    scatter,
    multiply_adds: None,
};

unsafe fn multiply(m: &Raw, a: *mut u64, b: *const u64, t: *mut u64) {
    // SAFETY: the caller's, see `Functions`; `t` overlaps none of the others.
    unsafe {
        let n = std::slice::from_raw_parts(m.n, m.digits);
        let out = std::slice::from_raw_parts_mut(t, m.digits);
        montgomery(std::slice::from_raw_parts(a, m.digits), std::slice::from_raw_parts(b, m.digits), n, m.n0, out);
        a.copy_from_nonoverlapping(t, m.digits);
    }
}

unsafe fn square(m: &Raw, a: *mut u64, t: *mut u64) {
    // SAFETY: the caller's, see `Functions`; `multiply` only reads its factors before it writes.
    unsafe { multiply(m, a, a, t) }
}

unsafe fn select(table: *const u64, entries: usize, registers: usize, index: *const u64, out: *mut u64) {
    // SAFETY: the caller's, see `Functions`.
    unsafe {
        let (index, out) = (*index, std::slice::from_raw_parts_mut(out, registers));
        out.fill(0);
        for k in 0..entries {
            let (here, entry) =
                (equal(k as u64, index), std::slice::from_raw_parts(table.add(k * registers), registers));
            out.iter_mut().zip(entry).for_each(|(out, word)| *out |= *word & here);
        }
    }
}

/// A mask for each entry, once for all digits: the barrier in `equal` is a call, which a word of the table must not cost.
unsafe fn look_up(row: *const u64, entries: usize, digits: usize, index: [*const u64; 2], out: [*mut u64; 2]) {
    const AT_ONCE: usize = 64;
    // The masks tell the index.
    let mut masks = Zeroizing::new([0; AT_ONCE]);
    // SAFETY: the caller's, see `Functions`; a row has `entries` words for each digit.
    unsafe {
        for (index, out) in index.into_iter().zip(out) {
            let out = std::slice::from_raw_parts_mut(out, digits);
            out.fill(0);
            for first in (0..entries).step_by(AT_ONCE) {
                let masks = &mut masks[..AT_ONCE.min(entries - first)];
                for (k, mask) in (first as u64..).zip(masks.iter_mut()) {
                    *mask = equal(k, *index);
                }
                for (j, out) in out.iter_mut().enumerate() {
                    let words = std::slice::from_raw_parts(row.add(j * entries + first), masks.len());
                    *out |= words.iter().zip(masks.iter()).fold(0, |found, (word, mask)| found | *word & *mask);
                }
            }
        }
    }
}

unsafe fn gather(from: &[*const u64], digits: usize, out: *mut u64) {
    // SAFETY: the caller's, see `Functions`.
    unsafe { out.copy_from_nonoverlapping(from[0], digits) }
}

unsafe fn scatter(from: *const u64, digits: usize, to: &[*mut u64]) {
    // SAFETY: the caller's, see `Functions`.
    unsafe { to[0].copy_from_nonoverlapping(from, digits) }
}

/// All ones if a == b. By way of subtle's barrier: of the bare arithmetic the compiler made a branch.
fn equal(a: u64, b: u64) -> u64 {
    0u64.wrapping_sub(a.ct_eq(&b).unwrap_u8().into())
}

/// out = a * b / R modulo n, below 2n for factors below 2n; the two bits above n leave no carry out of the top.
///
/// Two rows of the schoolbook product and the two rows that make its low digits vanish go in one pass (Koç, Acar and
/// Kaliski 1996, "finely integrated operand scanning", two rows deep): fewer loads and stores for each product, which
/// counts on a real machine and still more under an emulator, where each costs a look-up.
fn montgomery(a: &[u64], b: &[u64], n: &[u64], n0: u64, out: &mut [u64]) {
    let digits = n.len();
    let (a, b, out) = (&a[..digits], &b[..digits], &mut out[..digits]);
    out.fill(0);
    let mut pairs = b.chunks_exact(2);
    for pair in &mut pairs {
        two_rows(a, pair[0], pair[1], n, n0, out);
    }
    if let [last] = pairs.remainder() {
        one_row(a, *last, n, n0, out);
    }
}

fn two_rows(a: &[u64], b0: u64, b1: u64, n: &[u64], n0: u64, out: &mut [u64]) {
    let digits = n.len();
    let (a, out) = (&a[..digits], &mut out[..digits]);
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
    for j in 2..digits {
        let mut t = out[j];
        (t, a_carry0) = mul_add(t, a[j], b0, a_carry0);
        (t, n_carry0) = mul_add(t, n[j], m0, n_carry0);
        (t, a_carry1) = mul_add(t, a[j - 1], b1, a_carry1);
        (t, n_carry1) = mul_add(t, n[j - 1], m1, n_carry1);
        out[j - 2] = t;
    }
    let sum = u128::from(a_carry0) + u128::from(n_carry0);
    let (t, high) = mul_add(sum as u64, a[digits - 1], b1, a_carry1);
    let (t, high2) = mul_add(t, n[digits - 1], m1, n_carry1);
    out[digits - 2] = t;
    out[digits - 1] = (u128::from(high) + u128::from(high2) + (sum >> 64)) as u64;
}

fn one_row(a: &[u64], b: u64, n: &[u64], n0: u64, out: &mut [u64]) {
    let digits = n.len();
    let (low, mut a_carry) = mul_add(out[0], a[0], b, 0);
    let m = low.wrapping_mul(n0);
    let (_, mut n_carry) = mul_add(low, n[0], m, 0);
    for j in 1..digits {
        let mut t = out[j];
        (t, a_carry) = mul_add(t, a[j], b, a_carry);
        (t, n_carry) = mul_add(t, n[j], m, n_carry);
        out[j - 1] = t;
    }
    out[digits - 1] = a_carry.wrapping_add(n_carry);
}

/// t + a * b + c, which never overflows 128 bits; low and high half.
#[inline(always)]
fn mul_add(t: u64, a: u64, b: u64, c: u64) -> (u64, u64) {
    let wide = u128::from(a).wrapping_mul(u128::from(b)).wrapping_add(u128::from(t)).wrapping_add(u128::from(c));
    (wide as u64, (wide >> 64) as u64)
}
