//! Products of long numbers from products of their halves, for AVX-512 IFMA (A. Karatsuba and Yu. Ofman 1962).
//!
//! a0 b1 + a1 b0 = a0 b0 + a1 b1 - (a0 - a1)(b0 - b1). The differences x and y are kept modulo B^h, B = 2^52, with a mask
//! of all ones in the lanes where one is negative: (a0 - a1)(b0 - b1) = x y - B^h (sx y + sy x) + B^2h sx sy, where sx is 1
//! for a negative a0 - a1. So no sign is ever branched on, and nothing is negated digit by digit.
//!
//! Columns become negative on the way, which the reduction's arithmetic shifts are made for. A column of a leaf of 40
//! digits is below 2^58.4; each of at most [`LEVELS`] levels adds four such columns, and the reduction of 160 digits
//! 2^60.4: at most 2^62.7 together, within 63 bits and a sign.

use std::arch::x86_64::*;

use crate::ifma::{DIGIT, Ifma, STRIP};
use crate::kernel;
use crate::vector::Vector;

const LEVELS: usize = 2;
/// Digits below which a product, or a square, by halves takes longer.
const LEAST_PRODUCT: usize = 40;
const LEAST_SQUARE: usize = 60;

/// t[0..2 digits] = a * b, in columns; uses t[2 digits..6 digits].
///
/// # Safety
/// As for [`kernel::product`]; the processor has AVX-512 IFMA.
#[target_feature(enable = "avx512f,avx512ifma")]
pub(crate) unsafe fn product_columns(a: *const Ifma, b: *const Ifma, digits: usize, t: *mut Ifma) {
    // SAFETY: the caller's.
    unsafe { product(a, b, digits, t, t.add(2 * digits), LEVELS) }
}

/// t[0..2 digits] = a * a, in columns; uses t[2 digits..6 digits].
///
/// # Safety
/// As for [`product_columns`].
#[target_feature(enable = "avx512f,avx512ifma")]
pub(crate) unsafe fn square_columns(a: *const Ifma, digits: usize, t: *mut Ifma) {
    // SAFETY: the caller's.
    unsafe { square(a, digits, t, t.add(2 * digits), LEVELS) }
}

#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn product(a: *const Ifma, b: *const Ifma, d: usize, t: *mut Ifma, scratch: *mut Ifma, levels: usize) {
    // SAFETY: the halves are within a, b and t; a level takes 2d of the scratch, so all of them less than 4d.
    unsafe {
        if levels == 0 || !splits(d, LEAST_PRODUCT) {
            return kernel::product::<Ifma, STRIP>(a, b, d, t);
        }
        let h = d / 2;
        let (x, y, z, rest) = (scratch, scratch.add(h), scratch.add(2 * h), scratch.add(4 * h));
        product(a, b, h, t, rest, levels - 1);
        product(a.add(h), b.add(h), h, t.add(2 * h), rest, levels - 1);
        let sx = difference(a, a.add(h), h, x);
        let sy = difference(b, b.add(h), h, y);
        product(x, y, h, z, rest, levels - 1);
        for i in 0..h {
            let signs = sum(_mm512_and_si512(load(y, i), sx), _mm512_and_si512(load(x, i), sy));
            add_middle(t, z, h, i, signs);
        }
        // Where both are negative, 1 in column 2h of the product that is taken away.
        Ifma(sum(load(t, 3 * h), _mm512_and_si512(sx, sy))).store(t.add(3 * h));
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn square(a: *const Ifma, d: usize, t: *mut Ifma, scratch: *mut Ifma, levels: usize) {
    // SAFETY: as in `product`.
    unsafe {
        if levels == 0 || !splits(d, LEAST_SQUARE) {
            return kernel::square::<Ifma, STRIP>(a, d, t);
        }
        let h = d / 2;
        let (x, z, rest) = (scratch, scratch.add(2 * h), scratch.add(4 * h));
        square(a, h, t, rest, levels - 1);
        square(a.add(h), h, t.add(2 * h), rest, levels - 1);
        let sx = difference(a, a.add(h), h, x);
        square(x, h, z, rest, levels - 1);
        for i in 0..h {
            let sign = _mm512_and_si512(load(x, i), sx);
            add_middle(t, z, h, i, sum(sign, sign));
        }
        Ifma(sum(load(t, 3 * h), sx)).store(t.add(3 * h));
    }
}

fn splits(d: usize, least: usize) -> bool {
    d >= least && d.is_multiple_of(2 * STRIP)
}

/// Column i of both halves of a0 b0 + a1 b1 - z, plus `signs` in the upper one, to the columns in the middle of t.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn add_middle(t: *mut Ifma, z: *const Ifma, h: usize, i: usize, signs: __m512i) {
    // SAFETY: i < h; t and z hold 4h and 2h registers.
    unsafe {
        let (low, low_high, high_low, high) = (load(t, i), load(t, h + i), load(t, 2 * h + i), load(t, 3 * h + i));
        let both = sum(low_high, high_low);
        let lower = _mm512_sub_epi64(sum(both, low), load(z, i));
        let upper = sum(_mm512_sub_epi64(sum(both, high), load(z, h + i)), signs);
        Ifma(lower).store(t.add(h + i));
        Ifma(upper).store(t.add(2 * h + i));
    }
}

/// out = a - b modulo B^h, in digits; all ones in the lanes where it is negative.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn difference(a: *const Ifma, b: *const Ifma, h: usize, out: *mut Ifma) -> __m512i {
    // SAFETY: all hold h registers.
    unsafe {
        let digit = _mm512_set1_epi64(DIGIT);
        let mut borrow = _mm512_setzero_si512();
        for i in 0..h {
            let value = sum(_mm512_sub_epi64(load(a, i), load(b, i)), borrow);
            Ifma(_mm512_and_si512(value, digit)).store(out.add(i));
            borrow = _mm512_srai_epi64::<52>(value);
        }
        borrow
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
unsafe fn load(from: *const Ifma, i: usize) -> __m512i {
    // SAFETY: the caller's `from` holds more than i registers.
    unsafe { Ifma::load(from.add(i)).0 }
}

#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn sum(a: __m512i, b: __m512i) -> __m512i {
    _mm512_add_epi64(a, b)
}
