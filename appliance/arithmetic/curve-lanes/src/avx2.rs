//! Four lanes with AVX2: ten limbs of 26 and 25 bits in turn (D. Bernstein, "Curve25519: new Diffie-Hellman speed records", 2006, section 4).
//!
//! **Bounds.** Reduced: each limb as wide as it is named, limb 2 one more at most. A product's columns: below [`PRODUCT`] = 2^60.
//! The right side of a subtraction: below [`BIAS`] = 2^61. Columns to carry: below 2^63.

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

type Lane4 = __m256i;

#[derive(Clone, Copy)]
pub(crate) struct Avx2([Lane4; 10]);

/// Columns of weight 2^ceil(25.5 k), 64 bits a lane.
#[derive(Clone, Copy)]
pub(crate) struct Columns([Lane4; 10]);

const WIDTH: [u32; 10] = [26, 25, 26, 25, 26, 25, 26, 25, 26, 25];
const START: [u32; 10] = [0, 26, 51, 77, 102, 128, 153, 179, 204, 230];
const PRODUCT: u64 = 1 << 60;
const BIAS: u64 = 1 << 61;
/// A multiple of p, each of whose columns is above [`BIAS`] less 1.
pub(crate) const MULTIPLE: [u64; 10] = [
    0x2000_0000_03ff_b3ed,
    0x2000_0000_01ff_b3ff,
    0x2000_0000_03ff_fbff,
    0x2000_0000_01ff_fbff,
    0x2000_0000_03ff_fbff,
    0x2000_0000_01ff_fbff,
    0x2000_0000_03ff_fbff,
    0x2000_0000_01ff_fbff,
    0x2000_0000_03ff_fbff,
    0x2000_0000_01ff_fbff,
];

/// A debug build looks at the lanes: each is below the bound, which is 2^63 at most.
#[inline(always)]
unsafe fn check_below(lanes: Lane4, bound: u64) {
    if cfg!(debug_assertions) {
        // SAFETY: the caller's, as for the whole trait.
        let over = unsafe {
            let over = _mm256_or_si256(lanes, _mm256_cmpgt_epi64(lanes, set(bound - 1)));
            _mm256_movemask_pd(_mm256_castsi256_pd(over))
        };
        if over != 0 {
            out_of_bounds(bound);
        }
    }
}

#[inline(always)]
unsafe fn set(word: u64) -> Lane4 {
    // SAFETY: the caller's, as for the whole trait.
    unsafe { _mm256_set1_epi64x(word as i64) }
}

#[inline(always)]
const fn mask(k: usize) -> u64 {
    (1 << WIDTH[k]) - 1
}

/// Limb k of a number.
#[inline(always)]
fn limb(w: &[u64; 4], k: usize) -> u64 {
    let (word, bit) = (START[k] as usize / 64, START[k] % 64);
    let above = if bit + WIDTH[k] > 64 { w[word + 1] << (64 - bit) } else { 0 };
    (w[word] >> bit | above) & mask(k)
}

impl Avx2 {
    /// The same limbs in each lane.
    #[cfg(test)]
    #[target_feature(enable = "avx2")]
    pub(crate) unsafe fn of_limbs(limbs: &[u64]) -> Avx2 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut out = [_mm256_setzero_si256(); 10];
            seq!(K in 0..10 { out[K] = set(limbs[K]); });
            Avx2(out)
        }
    }

    /// The limbs of the number below p.
    #[inline(always)]
    unsafe fn canonical(self) -> [Lane4; 10] {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut l = Avx2::carry(Columns(self.0)).0;
            // Below 2^255 + 2^40: at most one p too much, and then 19 more are 2^255 at least.
            let mut carry = set(19);
            seq!(K in 0..10 { carry = shift::<K>(_mm256_add_epi64(l[K], carry)); });
            carry = _mm256_mul_epu32(carry, set(19));
            seq!(K in 0..9 {
                let sum = _mm256_add_epi64(l[K], carry);
                carry = shift::<K>(sum);
                l[K] = _mm256_and_si256(sum, set(mask(K)));
            });
            l[9] = _mm256_and_si256(_mm256_add_epi64(l[9], carry), set(mask(9)));
            l
        }
    }
}

/// A column over its limb's width.
#[inline(always)]
unsafe fn shift<const K: usize>(column: Lane4) -> Lane4 {
    // SAFETY: the caller's, as for the whole trait.
    unsafe { if K.is_multiple_of(2) { _mm256_srli_epi64::<26>(column) } else { _mm256_srli_epi64::<25>(column) } }
}

// SAFETY: see the trait; each method is nothing but intrinsics that need avx2, and loads and stores of arrays of their registers'
// size.
unsafe impl Field for Avx2 {
    const LANES: usize = 4;
    type Wide = Columns;
    /// All ones or zeros.
    type Mask = Lane4;

    #[target_feature(enable = "avx2")]
    unsafe fn from_words(words: &[[u64; 4]]) -> Avx2 {
        let mut limbs = [[0u64; 4]; 10];
        for (lane, w) in words.iter().enumerate().take(4) {
            for k in 0..10 {
                limbs[k][lane] = limb(w, k);
            }
        }
        // SAFETY: each row is a register's size.
        unsafe {
            let mut out = [_mm256_setzero_si256(); 10];
            seq!(K in 0..10 { out[K] = _mm256_loadu_si256(limbs[K].as_ptr().cast()); });
            Avx2(out)
        }
    }

    #[target_feature(enable = "avx2")]
    unsafe fn to_words(self, words: &mut [[u64; 4]]) {
        let mut l = [[0u64; 4]; 10];
        // SAFETY: each row is a register's size.
        unsafe {
            let limbs = self.canonical();
            seq!(K in 0..10 { _mm256_storeu_si256(l[K].as_mut_ptr().cast(), limbs[K]); });
        }
        for (lane, w) in words.iter_mut().enumerate().take(4) {
            *w = [0; 4];
            for k in 0..10 {
                let (word, bit) = (START[k] as usize / 64, START[k] % 64);
                w[word] |= l[k][lane] << bit;
                if bit + WIDTH[k] > 64 {
                    w[word + 1] |= l[k][lane] >> (64 - bit);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn constant(w: &[u64; 4]) -> Avx2 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut out = [_mm256_setzero_si256(); 10];
            seq!(K in 0..10 { out[K] = set(limb(w, K)); });
            Avx2(out)
        }
    }

    #[inline(always)]
    unsafe fn mul(self, other: Avx2) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let (f, g) = (self.0, other.0);
            // 2 f and 19 g fit into the 32 bits that are multiplied.
            let (mut f2, mut g19) = (f, g);
            seq!(K in 0..10 {
                check_below(f[K], mask(K) + (1 << 15));
                check_below(g[K], mask(K) + (1 << 15));
                f2[K] = _mm256_add_epi64(f[K], f[K]);
                g19[K] = _mm256_mul_epu32(g[K], set(19));
            });
            let mut z = [_mm256_setzero_si256(); 10];
            seq!(I in 0..10 {
                seq!(J in 0..10 {
                    let left = if I % 2 == 1 && J % 2 == 1 { f2[I] } else { f[I] };
                    let right = if I + J >= 10 { g19[J] } else { g[J] };
                    z[(I + J) % 10] = _mm256_add_epi64(z[(I + J) % 10], _mm256_mul_epu32(left, right));
                });
            });
            seq!(K in 0..10 { check_below(z[K], PRODUCT); });
            Columns(z)
        }
    }

    #[inline(always)]
    unsafe fn square(self) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let f = self.0;
            let (mut f2, mut f4, mut f19) = (f, f, f);
            seq!(K in 0..10 {
                check_below(f[K], mask(K) + (1 << 15));
                f2[K] = _mm256_add_epi64(f[K], f[K]);
                f4[K] = _mm256_add_epi64(f2[K], f2[K]);
                f19[K] = _mm256_mul_epu32(f[K], set(19));
            });
            let mut z = [_mm256_setzero_si256(); 10];
            seq!(I in 0..10 {
                seq!(J in 0..10 {
                    if I <= J {
                        let odd = I % 2 == 1 && J % 2 == 1;
                        let left = if I < J && odd { f4[I] } else if I < J || odd { f2[I] } else { f[I] };
                        let right = if I + J >= 10 { f19[J] } else { f[J] };
                        z[(I + J) % 10] = _mm256_add_epi64(z[(I + J) % 10], _mm256_mul_epu32(left, right));
                    }
                });
            });
            seq!(K in 0..10 { check_below(z[K], PRODUCT); });
            Columns(z)
        }
    }

    #[inline(always)]
    unsafe fn mul_small(self, factor: u32) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            debug_assert!(factor < 1 << 17);
            let mut z = self.0;
            seq!(K in 0..10 { z[K] = _mm256_mul_epu32(z[K], set(factor.into())); });
            Columns(z)
        }
    }

    #[inline(always)]
    unsafe fn wide(self) -> Columns {
        Columns(self.0)
    }

    #[inline(always)]
    unsafe fn add(a: Columns, b: Columns) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut z = a.0;
            seq!(K in 0..10 { z[K] = _mm256_add_epi64(z[K], b.0[K]); });
            Columns(z)
        }
    }

    #[inline(always)]
    unsafe fn sub(a: Columns, b: Columns) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut z = a.0;
            seq!(K in 0..10 {
                check_below(b.0[K], BIAS);
                z[K] = _mm256_sub_epi64(_mm256_add_epi64(z[K], set(MULTIPLE[K])), b.0[K]);
            });
            Columns(z)
        }
    }

    #[inline(always)]
    unsafe fn carry(columns: Columns) -> Avx2 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut z = columns.0;
            seq!(K in 0..10 { check_below(z[K], 1 << 63); });
            seq!(K in 0..9 {
                z[K + 1] = _mm256_add_epi64(z[K + 1], shift::<K>(z[K]));
                z[K] = _mm256_and_si256(z[K], set(mask(K)));
            });
            // Below 2^39: too wide for the multiplier.
            let top = shift::<9>(z[9]);
            z[9] = _mm256_and_si256(z[9], set(mask(9)));
            let times_3 = _mm256_add_epi64(top, _mm256_add_epi64(top, top));
            z[0] = _mm256_add_epi64(z[0], _mm256_add_epi64(times_3, _mm256_slli_epi64::<4>(top)));
            z[1] = _mm256_add_epi64(z[1], shift::<0>(z[0]));
            z[0] = _mm256_and_si256(z[0], set(mask(0)));
            // At most 2^18 over: one step more, so that limb 1 fits and limb 2 is one over at most.
            z[2] = _mm256_add_epi64(z[2], shift::<1>(z[1]));
            z[1] = _mm256_and_si256(z[1], set(mask(1)));
            Avx2(z)
        }
    }

    #[inline(always)]
    unsafe fn select(mask: Lane4, a: Avx2, b: Avx2) -> Avx2 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut out = b.0;
            seq!(K in 0..10 { out[K] = _mm256_blendv_epi8(out[K], a.0[K], mask); });
            Avx2(out)
        }
    }

    #[inline(always)]
    unsafe fn select_wide(mask: Lane4, a: Columns, b: Columns) -> Columns {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let mut out = b.0;
            seq!(K in 0..10 { out[K] = _mm256_blendv_epi8(out[K], a.0[K], mask); });
            Columns(out)
        }
    }

    #[inline(always)]
    unsafe fn all_lanes(bit: u64) -> Lane4 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { set(bit.wrapping_neg()) }
    }

    #[inline(always)]
    unsafe fn or(a: Lane4, b: Lane4) -> Lane4 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { _mm256_or_si256(a, b) }
    }

    #[inline(always)]
    unsafe fn bits(mask: Lane4) -> u8 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe { _mm256_movemask_pd(_mm256_castsi256_pd(mask)) as u8 }
    }

    #[target_feature(enable = "avx2")]
    unsafe fn is_zero(self) -> Lane4 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let l = self.canonical();
            let mut any = l[0];
            seq!(K in 1..10 { any = _mm256_or_si256(any, l[K]); });
            _mm256_cmpeq_epi64(any, _mm256_setzero_si256())
        }
    }

    #[target_feature(enable = "avx2")]
    unsafe fn is_negative(self) -> Lane4 {
        // SAFETY: the caller's, as for the whole trait.
        unsafe {
            let bit = _mm256_and_si256(self.canonical()[0], set(1));
            _mm256_cmpeq_epi64(bit, set(1))
        }
    }

    own_functions!("avx2");
}
