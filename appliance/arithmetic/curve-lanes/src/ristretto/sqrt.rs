//! Square roots of ratios (RFC 9496, section 3.1.3).

use crate::constants::SQRT_M1;
use crate::field::{Field, equal, mul, negate, negate_where, pow_p58, square};

/// Whether u/v is a square, and the square root of u/v or of SQRT_M1 u/v that is not negative. Where v is 0: no, unless u is 0 too, and 0.
#[inline(always)]
pub(crate) unsafe fn sqrt_ratio<F: Field>(u: F, v: F) -> (F::Mask, F) {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let i = F::constant(&SQRT_M1);
        let v3 = mul(square(v), v);
        let v7 = mul(square(v3), v);
        let r = mul(mul(u, v3), pow_p58(mul(u, v7)));
        let check = mul(v, square(r));
        let minus_u = negate(u);
        let correct = equal(check, u);
        let flipped = equal(check, minus_u);
        let flipped_i = equal(check, mul(minus_u, i));
        let r = F::select(F::or(flipped, flipped_i), mul(r, i), r);
        (F::or(correct, flipped), absolute(r))
    }
}

/// The one of a and -a that is not negative.
#[inline(always)]
pub(crate) unsafe fn absolute<F: Field>(a: F) -> F {
    // SAFETY: the caller's, as for `Field`.
    unsafe { negate_where(a.is_negative(), a) }
}
