//! From uniform bytes to a point (RFC 9496, section 4.3.4).

use super::sqrt::{absolute, sqrt_ratio};
use super::{Affine, Extended};
use crate::constants::{D, D_MINUS_ONE_SQ, MAP, ONE, ONE_MINUS_D_SQ, SQRT_AD_MINUS_ONE, SQRT_M1, TWO_D};
use crate::field::{Field, add, mul, negate, square, sub};

/// The map of the RFC.
#[inline(always)]
pub(crate) unsafe fn map<F: Field>(t: F) -> Extended<F> {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let (one, d) = (F::constant(&ONE), F::constant(&D));
        let minus_one = negate(one);
        let r = mul(F::constant(&SQRT_M1), square(t));
        let u = mul(add(r, one), F::constant(&ONE_MINUS_D_SQ));
        let v = mul(sub(minus_one, mul(r, d)), add(r, d));
        let (was_square, s) = sqrt_ratio(u, v);
        let other = negate(absolute(mul(s, t)));
        let s = F::select(was_square, s, other);
        let c = F::select(was_square, minus_one, r);
        let n = sub(mul(mul(c, sub(r, one)), F::constant(&D_MINUS_ONE_SQ)), v);
        let ss = square(s);
        let w0 = mul(add(s, s), v);
        let w1 = mul(n, F::constant(&SQRT_AD_MINUS_ONE));
        let (w2, w3) = (sub(one, ss), add(one, ss));
        Extended { x: mul(w0, w3), y: mul(w2, w1), z: mul(w1, w3), t: mul(w0, w2) }
    }
}

/// p + q (H. Hisil et al., "Twisted Edwards curves revisited", 2008, section 3.1), without T.
#[inline(always)]
pub(crate) unsafe fn sum<F: Field>(p: Extended<F>, q: Extended<F>) -> [F; 3] {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let a = mul(sub(p.y, p.x), sub(q.y, q.x));
        let b = mul(add(p.y, p.x), add(q.y, q.x));
        let c = mul(mul(p.t, F::constant(&TWO_D)), q.t);
        let zz = mul(p.z, q.z);
        let d = add(zz, zz);
        let (e, f, g, h) = (sub(b, a), sub(d, c), add(d, c), add(b, a));
        [mul(e, f), mul(g, h), mul(f, g)]
    }
}

/// The Edwards point X/Z, Y/Z on its way to the Montgomery curve, where an inversion is needed.
#[derive(Clone, Copy)]
pub(crate) struct Pending<F: Field> {
    /// Z + Y and Z.
    sum: F,
    z: F,
    x: F,
    /// Lanes in which the point is the group's identity.
    pub(crate) identity: F::Mask,
}

/// What is to be inverted for a point: never 0.
#[inline(always)]
pub(crate) unsafe fn pending<F: Field>([x, y, z]: [F; 3]) -> (Pending<F>, F) {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let identity = mul(x, y).is_zero();
        let divisor = F::select(identity, F::constant(&ONE), mul(sub(z, y), x));
        (Pending { sum: add(z, y), z, x, identity }, divisor)
    }
}

/// u = (1 + y) / (1 - y), v = c u / x, with 1 / ((Z - Y) X) in hand.
#[inline(always)]
pub(crate) unsafe fn to_montgomery<F: Field>(p: Pending<F>, inverse: F) -> Affine<F> {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let scaled = mul(p.sum, inverse);
        let v = mul(mul(scaled, p.z), F::constant(&MAP));
        Affine { u: mul(scaled, p.x), v }
    }
}
