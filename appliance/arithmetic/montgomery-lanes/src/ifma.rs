//! A register of AVX-512 with IFMA: eight lanes, digits of 52 bits.

#![allow(clippy::needless_range_loop, reason = "iterators' closures are not compiled for the vector instructions")]

use std::arch::x86_64::*;

use crate::vector::Vector;

/// Digits that stay in registers: these, as many columns, and what streams by fit in 32 registers.
pub(crate) const STRIP: usize = 10;

/// Wide enough for one digit's position in eight numbers.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Ifma(pub(crate) __m512i);

pub(crate) const DIGIT: i64 = (1 << 52) - 1;

// SAFETY: see the trait; each method is nothing but intrinsics that need avx512f and avx512ifma, and loads and stores of
// registers that the caller vouches for.
unsafe impl Vector for Ifma {
    const LANES: usize = 8;
    const RADIX: u32 = 52;

    #[inline(always)]
    unsafe fn zero() -> Ifma {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Ifma(_mm512_setzero_si512()) }
    }

    #[inline(always)]
    unsafe fn broadcast(digit: u64) -> Ifma {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Ifma(_mm512_set1_epi64(digit as i64)) }
    }

    #[inline(always)]
    unsafe fn load(from: *const Ifma) -> Ifma {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Ifma(_mm512_loadu_si512(from.cast())) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut Ifma) {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { _mm512_storeu_si512(to.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Ifma) -> Ifma {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Ifma(_mm512_add_epi64(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn sub(self, other: Ifma) -> Ifma {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Ifma(_mm512_sub_epi64(self.0, other.0)) }
    }

    #[inline(always)]
    unsafe fn where_equal(self, other: Ifma, a: Ifma, b: Ifma) -> Ifma {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Ifma(_mm512_mask_mov_epi64(other.0, _mm512_cmpeq_epi64_mask(a.0, b.0), self.0)) }
    }

    #[inline(always)]
    unsafe fn add_low(self, a: Ifma, b: Ifma) -> Ifma {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Ifma(_mm512_madd52lo_epu64(self.0, a.0, b.0)) }
    }

    #[inline(always)]
    unsafe fn add_high(self, a: Ifma, b: Ifma) -> Ifma {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Ifma(_mm512_madd52hi_epu64(self.0, a.0, b.0)) }
    }

    #[inline(always)]
    unsafe fn low_digit_of_product(self, factor: Ifma) -> Ifma {
        // The instruction reads the low 52 bits of both factors alone.
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Ifma(_mm512_madd52lo_epu64(_mm512_setzero_si512(), self.0, factor.0)) }
    }

    #[inline(always)]
    unsafe fn digit(self) -> Ifma {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Ifma(_mm512_and_si512(self.0, _mm512_set1_epi64(DIGIT))) }
    }

    #[inline(always)]
    unsafe fn carry(self) -> Ifma {
        // Columns of Karatsuba's products may be negative.
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Ifma(_mm512_srai_epi64::<52>(self.0)) }
    }

    #[inline(always)]
    unsafe fn gather(from: &[*const u64], digits: usize, out: *mut Ifma) {
        let from = &from[..8];
        // SAFETY: the caller's: eight rows of `digits` digits, a multiple of eight.
        unsafe {
            for j in (0..digits).step_by(8) {
                let mut rows = [_mm512_setzero_si512(); 8];
                for l in 0..8 {
                    rows[l] = _mm512_loadu_si512(from[l].add(j).cast());
                }
                let lanes = transpose(rows);
                for k in 0..8 {
                    Ifma(lanes[k]).store(out.add(j + k));
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn scatter(from: *const Ifma, digits: usize, to: &[*mut u64]) {
        let to = &to[..8];
        // SAFETY: the caller's: eight rows of `digits` digits, a multiple of eight.
        unsafe {
            for j in (0..digits).step_by(8) {
                let mut lanes = [_mm512_setzero_si512(); 8];
                for k in 0..8 {
                    lanes[k] = Ifma::load(from.add(j + k)).0;
                }
                let rows = transpose(lanes);
                for l in 0..8 {
                    _mm512_storeu_si512(to[l].add(j).cast(), rows[l]);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn look_up<const G: usize>(
        row: *const u64,
        entries: usize,
        digits: usize,
        index: [Ifma; G],
        out: [*mut Ifma; G],
    ) {
        // SAFETY: the caller's, as for the whole trait; `row` holds `digits` times `entries` digits.
        unsafe {
            let pick = Pick::new(index);
            for j in 0..digits {
                let from = row.add(j * entries);
                let found = match entries {
                    16 => pick.of_16(from),
                    32 => pick.of_32(from),
                    64 => pick.of_64(from),
                    128 => pick.of_128(from),
                    _ => pick.of_256(from),
                };
                for g in 0..G {
                    _mm512_storeu_si512(out[g].add(j).cast(), found[g]);
                }
            }
        }
    }
}

/// Eight by eight: in three rounds neighbours, pairs and halves change places.
#[inline(always)]
unsafe fn transpose(r: [__m512i; 8]) -> [__m512i; 8] {
    // SAFETY: as for the trait: intrinsics alone.
    unsafe {
        let mut a = r;
        for i in 0..4 {
            a[2 * i] = _mm512_unpacklo_epi64(r[2 * i], r[2 * i + 1]);
            a[2 * i + 1] = _mm512_unpackhi_epi64(r[2 * i], r[2 * i + 1]);
        }
        // Within 256 bits: columns k and k + 2 of four rows.
        let low = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
        let high = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
        let mut b = a;
        for half in [0, 4] {
            for k in 0..2 {
                b[half + k] = _mm512_permutex2var_epi64(a[half + k], low, a[half + k + 2]);
                b[half + k + 2] = _mm512_permutex2var_epi64(a[half + k], high, a[half + k + 2]);
            }
        }
        let mut c = b;
        for k in 0..4 {
            c[k] = _mm512_shuffle_i64x2::<0b01_00_01_00>(b[k], b[k + 4]);
            c[k + 4] = _mm512_shuffle_i64x2::<0b11_10_11_10>(b[k], b[k + 4]);
        }
        c
    }
}

/// Looks up entries by permutations of sixteen, and chooses between their results by the index's higher bits, as in a
/// tournament.
struct Pick<const G: usize> {
    index: [__m512i; G],
    /// For bits 4 to 7: all ones where the bit is set.
    bits: [[__m512i; G]; 4],
}

impl<const G: usize> Pick<G> {
    #[inline(always)]
    unsafe fn new(index: [Ifma; G]) -> Pick<G> {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut pick = Pick { index: [_mm512_setzero_si512(); G], bits: [[_mm512_setzero_si512(); G]; 4] };
            for g in 0..G {
                pick.index[g] = index[g].0;
                for b in 0..4 {
                    let shifted = _mm512_srlv_epi64(index[g].0, _mm512_set1_epi64(b as i64 + 4));
                    let bit = _mm512_and_si512(shifted, _mm512_set1_epi64(1));
                    pick.bits[b][g] = _mm512_sub_epi64(_mm512_setzero_si512(), bit);
                }
            }
            pick
        }
    }

    #[inline(always)]
    unsafe fn of_16(&self, from: *const u64) -> [__m512i; G] {
        // SAFETY: the caller's, as for the whole trait. The permutation reads the index's low four bits alone.
        unsafe {
            let low = _mm512_loadu_si512(from.cast());
            let high = _mm512_loadu_si512(from.add(8).cast());
            // A loop, not `map`: a closure is not compiled for these instructions.
            let mut found = self.index;
            for g in 0..G {
                found[g] = _mm512_permutex2var_epi64(low, self.index[g], high);
            }
            found
        }
    }

    #[inline(always)]
    unsafe fn of_32(&self, from: *const u64) -> [__m512i; G] {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { self.choose(0, self.of_16(from), self.of_16(from.add(16))) }
    }

    #[inline(always)]
    unsafe fn of_64(&self, from: *const u64) -> [__m512i; G] {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { self.choose(1, self.of_32(from), self.of_32(from.add(32))) }
    }

    #[inline(always)]
    unsafe fn of_128(&self, from: *const u64) -> [__m512i; G] {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { self.choose(2, self.of_64(from), self.of_64(from.add(64))) }
    }

    #[inline(always)]
    unsafe fn of_256(&self, from: *const u64) -> [__m512i; G] {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { self.choose(3, self.of_128(from), self.of_128(from.add(128))) }
    }

    /// `high` where the bit is set, `low` elsewhere.
    #[inline(always)]
    unsafe fn choose(&self, bit: usize, low: [__m512i; G], high: [__m512i; G]) -> [__m512i; G] {
        // SAFETY: the caller's, as for the whole trait. 0xca: the first operand chooses the second or the third.
        unsafe {
            let mut out = low;
            for g in 0..G {
                out[g] = _mm512_ternarylogic_epi64::<0xca>(self.bits[bit][g], high[g], low[g]);
            }
            out
        }
    }
}
