//! AVX2: four lanes, digits of 27 bits, so that 1024 products fit in a column.

use std::arch::x86_64::*;

use crate::kernel;
use crate::vector::Vector;

/// Digits that stay in registers: these, as many columns, and what streams by fit in 16 registers.
const STRIP: usize = 4;

crate::entry_points!(Avx2, STRIP, "avx2");

#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Avx2(__m256i);

const DIGIT: i64 = (1 << 27) - 1;
/// Digits that are looked up together, so that one comparison of the index serves them all.
const TOGETHER: usize = 8;

// SAFETY: see the trait; each method is nothing but intrinsics that need avx2, and loads and stores of registers that the
// caller vouches for.
unsafe impl Vector for Avx2 {
    const LANES: usize = 4;
    const RADIX: u32 = 27;

    #[inline(always)]
    unsafe fn zero() -> Avx2 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Avx2(_mm256_setzero_si256()) }
    }

    #[inline(always)]
    unsafe fn broadcast(digit: u64) -> Avx2 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Avx2(_mm256_set1_epi64x(digit as i64)) }
    }

    #[inline(always)]
    unsafe fn load(from: *const Avx2) -> Avx2 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Avx2(_mm256_loadu_si256(from.cast())) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut Avx2) {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { _mm256_storeu_si256(to.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Avx2) -> Avx2 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Avx2(_mm256_add_epi64(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn sub(self, other: Avx2) -> Avx2 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Avx2(_mm256_sub_epi64(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn where_equal(self, other: Avx2, a: Avx2, b: Avx2) -> Avx2 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Avx2(_mm256_blendv_epi8(other.0, self.0, _mm256_cmpeq_epi64(a.0, b.0))) }
    }

    #[inline(always)]
    unsafe fn add_low(self, a: Avx2, b: Avx2) -> Avx2 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Avx2(_mm256_add_epi64(self.0, _mm256_mul_epu32(a.0, b.0))) }
    }

    #[inline(always)]
    unsafe fn add_high(self, _a: Avx2, _b: Avx2) -> Avx2 {
        self
    }

    #[inline(always)]
    unsafe fn low_digit_of_product(self, factor: Avx2) -> Avx2 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Avx2(_mm256_and_si256(_mm256_mul_epu32(self.0, factor.0), _mm256_set1_epi64x(DIGIT))) }
    }

    #[inline(always)]
    unsafe fn digit(self) -> Avx2 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Avx2(_mm256_and_si256(self.0, _mm256_set1_epi64x(DIGIT))) }
    }

    #[inline(always)]
    unsafe fn carry(self) -> Avx2 {
        // No column is negative here: there is no Karatsuba.
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Avx2(_mm256_srli_epi64::<27>(self.0)) }
    }

    #[inline(always)]
    unsafe fn gather(from: &[*const u64], digits: usize, out: *mut Avx2) {
        // SAFETY: the caller's: four rows of `digits` digits.
        unsafe {
            for j in 0..digits {
                for (lane, from) in from.iter().enumerate() {
                    *out.cast::<u64>().add(j * Avx2::LANES + lane) = *from.add(j);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn scatter(from: *const Avx2, digits: usize, to: &[*mut u64]) {
        // SAFETY: the caller's: four rows of `digits` digits.
        unsafe {
            for j in 0..digits {
                for (lane, to) in to.iter().enumerate() {
                    *to.add(j) = *from.cast::<u64>().add(j * Avx2::LANES + lane);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn look_up<const G: usize>(
        row: *const u64,
        entries: usize,
        digits: usize,
        index: [Avx2; G],
        out: [*mut Avx2; G],
    ) {
        // SAFETY: the caller's, as for the whole trait; `row` holds `digits` times `entries` digits.
        unsafe {
            for g in 0..G {
                for first in (0..digits).step_by(TOGETHER) {
                    let together = TOGETHER.min(digits - first);
                    let mut found = [_mm256_setzero_si256(); TOGETHER];
                    for k in 0..entries {
                        let here = _mm256_cmpeq_epi64(index[g].0, _mm256_set1_epi64x(k as i64));
                        for (j, found) in found.iter_mut().enumerate().take(together) {
                            let entry = _mm256_set1_epi64x(*row.add((first + j) * entries + k) as i64);
                            *found = _mm256_or_si256(*found, _mm256_and_si256(entry, here));
                        }
                    }
                    for (j, found) in found.iter().enumerate().take(together) {
                        _mm256_storeu_si256(out[g].add(first + j).cast(), *found);
                    }
                }
            }
        }
    }
}

#[target_feature(enable = "avx2")]
unsafe fn product_columns(a: *const Avx2, b: *const Avx2, digits: usize, t: *mut Avx2) {
    // SAFETY: the caller's.
    unsafe { kernel::product::<Avx2, STRIP>(a, b, digits, t) }
}

#[target_feature(enable = "avx2")]
unsafe fn square_columns(a: *const Avx2, digits: usize, t: *mut Avx2) {
    // SAFETY: the caller's.
    unsafe { kernel::square::<Avx2, STRIP>(a, digits, t) }
}
