//! ristretto255 (RFC 9496) in lanes: decode, multiply, encode; hash to the group.
//!
//! A product goes by the Montgomery ladder, which needs a point's u-coordinate alone: of a decoded s that is 1/s^2. The ladder ends with the
//! u-coordinates of h P and of (h + 1) P, from which with P's v that of h P follows (K. Okeya and K. Sakurai, "Efficient elliptic curve
//! cryptosystems from a scalar multiplication algorithm with recovery of the y-coordinate on a Montgomery-form elliptic curve", CHES 2001).
//! h is k/2 modulo the group's order, and 2 h P is encoded, which takes no square root, and one inversion for a whole block.

use crate::constants::{A, MAP};
use crate::field::{Ends, Field, add, mul, square, sub};

pub(crate) mod decode;
pub(crate) mod elligator;
pub(crate) mod encode;
pub(crate) mod sqrt;

/// Bits of a scalar below the group's order.
pub(crate) const SCALAR_BITS: usize = 253;

/// A point of the Montgomery curve.
#[derive(Clone, Copy)]
pub(crate) struct Affine<F> {
    pub(crate) u: F,
    pub(crate) v: F,
}

/// A point of the Edwards curve, in extended coordinates: x = X/Z, y = Y/Z, x y = T/Z.
#[derive(Clone, Copy)]
pub(crate) struct Extended<F> {
    pub(crate) x: F,
    pub(crate) y: F,
    pub(crate) z: F,
    pub(crate) t: F,
}

/// h P from what the ladder ends with (C. Costello and B. Smith, "Montgomery curves and their arithmetic", 2017, algorithm 5), on the
/// Edwards curve. Neither h P nor (h + 1) P is infinity, and P's v is not 0.
#[inline(always)]
pub(crate) unsafe fn recover<F: Field>(p: Affine<F>, ends: Ends<F>) -> Extended<F> {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let ((x, z), (next_x, next_z)) = (ends.multiple, ends.next);
        let uz = mul(p.u, z);
        let difference = square(sub(x, uz));
        // 2 A as a number of its own: too large for a small factor.
        let az = mul(F::constant(&[2 * A as u64, 0, 0, 0]), z);
        let left = mul(add(add(x, uz), az), add(mul(p.u, x), z));
        let left = sub(left, mul(az, z));
        let y = sub(mul(left, next_z), mul(difference, next_x));
        let scale = mul(mul(add(p.v, p.v), z), next_z);
        to_edwards(mul(scale, x), y, mul(scale, z))
    }
}

/// From u = X/Z, v = Y/Z: x = c u / v, y = (u - 1) / (u + 1).
#[inline(always)]
unsafe fn to_edwards<F: Field>(x: F, y: F, z: F) -> Extended<F> {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let (sum, difference, cx) = (add(x, z), sub(x, z), mul(F::constant(&MAP), x));
        Extended { x: mul(cx, sum), y: mul(difference, y), z: mul(y, sum), t: mul(cx, difference) }
    }
}
