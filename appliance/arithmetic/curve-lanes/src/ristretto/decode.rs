//! Decoding (RFC 9496, section 4.3.1), to where the ladder begins.

use super::Affine;
use super::sqrt::sqrt_ratio;
use crate::constants::{D, HALF_MAP, ONE};
use crate::field::{Field, add, mul, negate, negate_where, square, sub};

/// From s, which is below p, not negative, and not 0: the point on the Montgomery curve, and in which lanes s decodes to none.
///
/// The RFC's v = -(d u1^2) - u2^2 and u1 = 1 - s^2, u2 = 1 + s^2 are kept; its root 1/sqrt(v u2^2) is taken together with 1/s, as
/// j = 1/sqrt(v u2^2 s^2). Then with g = j v u2: x = 2 s^2 j u2 up to its sign, 1/x = g/2, 1/u2 = j s^2 g, 1/s^2 = j g u2.
#[inline(always)]
pub(crate) unsafe fn decode<F: Field>(s: F) -> (Affine<F>, u8) {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let one = F::constant(&ONE);
        let ss = square(s);
        let (u1, u2) = (sub(one, ss), add(one, ss));
        let v = negate(add(mul(F::constant(&D), square(u1)), square(u2)));
        let (is_square, j) = sqrt_ratio(one, mul(mul(v, square(u2)), ss));
        let g = mul(mul(j, v), u2);
        let x = mul(mul(add(ss, ss), j), u2);
        let x_negative = x.is_negative();
        let y = mul(u1, mul(mul(j, ss), g));
        let t = mul(negate_where(x_negative, x), y);
        let u = mul(mul(j, g), u2);
        let v = mul(mul(F::constant(&HALF_MAP), u), negate_where(x_negative, g));
        let bad = F::or(t.is_negative(), y.is_zero());
        (Affine { u, v }, F::bits(bad) | !F::bits(is_square))
    }
}
