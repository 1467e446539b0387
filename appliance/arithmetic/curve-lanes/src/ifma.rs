//! Eight lanes with AVX-512 IFMA: five limbs of 52 bits.
//!
//! The instruction multiplies the low 52 bits of its operands and adds the low or the high 52 bits of the product to a column. So radix
//! 2^52 needs neither masks nor shifts between columns: a limb may have anything above its 52 bits, which counts for nothing, but
//! for the last limb's. 2^260 = 608 modulo p.
//!
//! **Bounds.** Reduced: limb 4 below 2^47 + 2^44. A product's columns: nine parts below 2^52 each, then one of the fold: below
//! [`PRODUCT`] < 2^55.4. The right side of a subtraction: below [`BIAS`] = 2^57. Columns to carry: below 2^62, so that what is above limb
//! 4 is below 2^15, and what goes from column to column below 2^11: limb 4 ends below 2^47 + 2^11.

#![allow(clippy::needless_range_loop, reason = "iterators' closures are not compiled for the vector instructions")]
#![allow(
    clippy::identity_op,
    clippy::erasing_op,
    clippy::eq_op,
    clippy::nonminimal_bool,
    clippy::overly_complex_bool_expr,
    reason = "unrolled loops have terms with numbers in place of their indices"
)]

use std::arch::x86_64::*;

use seq_macro::seq;

use crate::field::{Ends, Field, out_of_bounds, own_functions};
use crate::ladder::ladder;

/// A limb, or a column, of eight numbers.
type Lane8 = __m512i;

#[derive(Clone, Copy)]
pub(crate) struct Ifma([Lane8; 5]);

/// Columns of weight 2^(52 k), 64 bits a lane.
#[derive(Clone, Copy)]
pub(crate) struct Columns([Lane8; 5]);

const LIMB: u64 = (1 << 52) - 1;
const TOP: u64 = (1 << 47) - 1;
/// 2^260 modulo p.
const FOLD: i64 = 608;
const PRODUCT: u64 = 11 << 52;
const BIAS: u64 = 1 << 57;
/// A multiple of p, each of whose columns is above [`BIAS`] less 1.
pub(crate) const MULTIPLE: [u64; 5] =
    [0x20f_ffff_ffff_b3ed, 0x20f_ffff_ffff_ffdf, 0x20f_ffff_ffff_ffdf, 0x20f_ffff_ffff_ffdf, 0x200_7fff_ffff_ffdf];

/// A debug build looks at the lanes.
#[inline(always)]
unsafe fn check_below(lanes: Lane8, bound: u64) {
    if cfg!(debug_assertions) {
        // SAFETY: the caller's, as for the whole trait.
        let over = unsafe { _mm512_cmpge_epu64_mask(lanes, _mm512_set1_epi64(bound as i64)) };
        if over != 0 {
            out_of_bounds(bound);
        }
    }
}

#[inline(always)]
unsafe fn set(word: u64) -> Lane8 {
    // SAFETY: the caller's, as for the whole trait.
    unsafe { _mm512_set1_epi64(word as i64) }
}

impl Ifma {
    /// The same limbs in each lane.
    #[cfg(test)]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub(crate) unsafe fn of_limbs(limbs: &[u64]) -> Ifma {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut out = [_mm512_setzero_si512(); 5];
            seq!(K in 0..5 { out[K] = set(limbs[K]); });
            Ifma(out)
        }
    }

    /// The limbs with nothing above their bits.
    #[inline(always)]
    unsafe fn limbs(self) -> [Lane8; 5] {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut limbs = self.0;
            seq!(K in 0..4 { limbs[K] = _mm512_and_si512(limbs[K], set(LIMB)); });
            check_below(limbs[4], (1 << 47) + (1 << 44));
            limbs
        }
    }

    /// The limbs of the number below p.
    #[inline(always)]
    unsafe fn canonical(self) -> [Lane8; 5] {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut l = Ifma::carry(Columns(self.limbs())).limbs();
            // Below 2^255 + 38, so less than 2 p: at most one p too much, and then 19 more are 2^255 at least.
            let mut carry = set(19);
            seq!(K in 0..4 { carry = _mm512_srli_epi64::<52>(_mm512_add_epi64(l[K], carry)); });
            let over = _mm512_srli_epi64::<47>(_mm512_add_epi64(l[4], carry));
            carry = _mm512_madd52lo_epu64(_mm512_setzero_si512(), over, set(19));
            seq!(K in 0..4 {
                let sum = _mm512_add_epi64(l[K], carry);
                carry = _mm512_srli_epi64::<52>(sum);
                l[K] = _mm512_and_si512(sum, set(LIMB));
            });
            l[4] = _mm512_and_si512(_mm512_add_epi64(l[4], carry), set(TOP));
            l
        }
    }

    /// Ten columns to five.
    #[inline(always)]
    unsafe fn fold(mut z: [Lane8; 10]) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let fold = _mm512_set1_epi64(FOLD);
            // Column 9 times 608 has 52 bits: the bound on limb 4 is for that.
            check_below(z[9], (1 << 52) / FOLD as u64);
            z[4] = _mm512_madd52lo_epu64(z[4], z[9], fold);
            seq!(K in 0..4 {
                z[K] = _mm512_madd52lo_epu64(z[K], z[5 + K], fold);
                z[K + 1] = _mm512_madd52hi_epu64(z[K + 1], z[5 + K], fold);
                z[K + 1] = _mm512_madd52lo_epu64(z[K + 1], _mm512_srli_epi64::<52>(z[5 + K]), fold);
            });
            seq!(K in 0..5 { check_below(z[K], PRODUCT); });
            Columns([z[0], z[1], z[2], z[3], z[4]])
        }
    }
}

// SAFETY: see the trait; each method is nothing but intrinsics that need avx512f and avx512ifma, and loads and stores of arrays of
// their registers' size.
unsafe impl Field for Ifma {
    const LANES: usize = 8;
    type Wide = Columns;
    type Mask = __mmask8;

    #[target_feature(enable = "avx512f,avx512ifma")]
    unsafe fn from_words(words: &[[u64; 4]]) -> Ifma {
        let mut limbs = [[0u64; 8]; 5];
        for (lane, w) in words.iter().enumerate().take(8) {
            limbs[0][lane] = w[0] & LIMB;
            limbs[1][lane] = (w[0] >> 52 | w[1] << 12) & LIMB;
            limbs[2][lane] = (w[1] >> 40 | w[2] << 24) & LIMB;
            limbs[3][lane] = (w[2] >> 28 | w[3] << 36) & LIMB;
            limbs[4][lane] = (w[3] >> 16) & TOP;
        }
        // SAFETY: each row is a register's size.
        unsafe {
            let mut out = [_mm512_setzero_si512(); 5];
            seq!(K in 0..5 { out[K] = _mm512_loadu_si512(limbs[K].as_ptr().cast()); });
            Ifma(out)
        }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    unsafe fn to_words(self, words: &mut [[u64; 4]]) {
        let mut l = [[0u64; 8]; 5];
        // SAFETY: each row is a register's size.
        unsafe {
            let limbs = self.canonical();
            seq!(K in 0..5 { _mm512_storeu_si512(l[K].as_mut_ptr().cast(), limbs[K]); });
        }
        for (lane, w) in words.iter_mut().enumerate().take(8) {
            w[0] = l[0][lane] | l[1][lane] << 52;
            w[1] = l[1][lane] >> 12 | l[2][lane] << 40;
            w[2] = l[2][lane] >> 24 | l[3][lane] << 28;
            w[3] = l[3][lane] >> 36 | l[4][lane] << 16;
        }
    }

    #[inline(always)]
    unsafe fn constant(w: &[u64; 4]) -> Ifma {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let limb_2 = w[1] >> 40 | w[2] << 24;
            Ifma([
                set(w[0] & LIMB),
                set((w[0] >> 52 | w[1] << 12) & LIMB),
                set(limb_2 & LIMB),
                set((w[2] >> 28 | w[3] << 36) & LIMB),
                set((w[3] >> 16) & TOP),
            ])
        }
    }

    #[inline(always)]
    unsafe fn mul(self, other: Ifma) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let (a, b) = (self.0, other.0);
            check_below(a[4], (1 << 47) + (1 << 44));
            check_below(b[4], (1 << 47) + (1 << 44));
            let mut z = [_mm512_setzero_si512(); 10];
            seq!(I in 0..5 {
                seq!(J in 0..5 {
                    z[I + J] = _mm512_madd52lo_epu64(z[I + J], a[I], b[J]);
                    z[I + J + 1] = _mm512_madd52hi_epu64(z[I + J + 1], a[I], b[J]);
                });
            });
            Ifma::fold(z)
        }
    }

    #[inline(always)]
    unsafe fn square(self) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let a = self.0;
            check_below(a[4], (1 << 47) + (1 << 44));
            let mut z = [_mm512_setzero_si512(); 10];
            seq!(I in 0..5 {
                seq!(J in 0..5 {
                    if I < J {
                        z[I + J] = _mm512_madd52lo_epu64(z[I + J], a[I], a[J]);
                        z[I + J + 1] = _mm512_madd52hi_epu64(z[I + J + 1], a[I], a[J]);
                    }
                });
            });
            seq!(K in 1..9 { z[K] = _mm512_add_epi64(z[K], z[K]); });
            seq!(I in 0..5 {
                z[2 * I] = _mm512_madd52lo_epu64(z[2 * I], a[I], a[I]);
                z[2 * I + 1] = _mm512_madd52hi_epu64(z[2 * I + 1], a[I], a[I]);
            });
            Ifma::fold(z)
        }
    }

    #[inline(always)]
    unsafe fn mul_small(self, factor: u32) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            debug_assert!(factor < 1 << 17);
            let (a, b) = (self.0, set(factor.into()));
            let mut z = [_mm512_setzero_si512(); 6];
            seq!(I in 0..5 {
                z[I] = _mm512_madd52lo_epu64(z[I], a[I], b);
                z[I + 1] = _mm512_madd52hi_epu64(z[I + 1], a[I], b);
            });
            z[0] = _mm512_madd52lo_epu64(z[0], z[5], _mm512_set1_epi64(FOLD));
            Columns([z[0], z[1], z[2], z[3], z[4]])
        }
    }

    #[inline(always)]
    unsafe fn wide(self) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { Columns(self.limbs()) }
    }

    #[inline(always)]
    unsafe fn add(a: Columns, b: Columns) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut z = a.0;
            seq!(K in 0..5 { z[K] = _mm512_add_epi64(z[K], b.0[K]); });
            Columns(z)
        }
    }

    #[inline(always)]
    unsafe fn sub(a: Columns, b: Columns) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut z = a.0;
            seq!(K in 0..5 {
                check_below(b.0[K], BIAS);
                z[K] = _mm512_sub_epi64(_mm512_add_epi64(z[K], set(MULTIPLE[K])), b.0[K]);
            });
            Columns(z)
        }
    }

    #[inline(always)]
    unsafe fn carry(columns: Columns) -> Ifma {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut z = columns.0;
            seq!(K in 0..5 { check_below(z[K], 1 << 62); });
            let top = _mm512_srli_epi64::<47>(z[4]);
            z[4] = _mm512_and_si512(z[4], set(TOP));
            z[0] = _mm512_madd52lo_epu64(z[0], top, set(19));
            seq!(K in 0..4 { z[K + 1] = _mm512_add_epi64(z[K + 1], _mm512_srli_epi64::<52>(z[K])); });
            Ifma(z)
        }
    }

    #[inline(always)]
    unsafe fn select(mask: __mmask8, a: Ifma, b: Ifma) -> Ifma {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut out = b.0;
            seq!(K in 0..5 { out[K] = _mm512_mask_mov_epi64(out[K], mask, a.0[K]); });
            Ifma(out)
        }
    }

    #[inline(always)]
    unsafe fn select_wide(mask: __mmask8, a: Columns, b: Columns) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut out = b.0;
            seq!(K in 0..5 { out[K] = _mm512_mask_mov_epi64(out[K], mask, a.0[K]); });
            Columns(out)
        }
    }

    #[inline(always)]
    unsafe fn all_lanes(bit: u64) -> __mmask8 {
        (bit as u8).wrapping_neg()
    }

    #[inline(always)]
    unsafe fn or(a: __mmask8, b: __mmask8) -> __mmask8 {
        a | b
    }

    #[inline(always)]
    unsafe fn bits(mask: __mmask8) -> u8 {
        mask
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    unsafe fn is_zero(self) -> __mmask8 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let l = self.canonical();
            let any = _mm512_or_si512(_mm512_or_si512(l[0], l[1]), _mm512_or_si512(l[2], _mm512_or_si512(l[3], l[4])));
            _mm512_cmpeq_epi64_mask(any, _mm512_setzero_si512())
        }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    unsafe fn is_negative(self) -> __mmask8 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { _mm512_test_epi64_mask(self.canonical()[0], set(1)) }
    }

    own_functions!("avx512f,avx512ifma");
}
