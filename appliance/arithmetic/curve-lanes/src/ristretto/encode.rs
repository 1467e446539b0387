//! Encoding twice a point (M. Hamburg's and H. de Valence's way, as curve25519-dalek's `double_and_compress_batch`): no square root, and the
//! inversion is shared.

use super::Extended;
use super::sqrt::absolute;
use crate::constants::{D, INVSQRT_A_MINUS_D, ONE, SQRT_M1};
use crate::field::{Field, add, mul, negate, negate_where, square, sub};

/// A point on its way to its double's encoding.
#[derive(Clone, Copy)]
pub(crate) struct Pending<F: Field> {
    e: F,
    f: F,
    g: F,
    h: F,
    eg: F,
    fh: F,
    identity: F::Mask,
}

/// What is to be inverted for a point: never 0.
#[inline(always)]
pub(crate) unsafe fn pending<F: Field>(p: Extended<F>) -> (Pending<F>, F) {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let zz = square(p.z);
        let dtt = mul(square(p.t), F::constant(&D));
        let e = mul(p.x, add(p.y, p.y));
        let (f, g, h) = (add(zz, dtt), add(square(p.y), square(p.x)), sub(zz, dtt));
        let (eg, fh) = (mul(e, g), mul(f, h));
        let product = mul(eg, fh);
        let identity = product.is_zero();
        let divisor = F::select(identity, F::constant(&ONE), product);
        (Pending { e, f, g, h, eg, fh, identity }, divisor)
    }
}

/// The encoding, with 1 / (e f g h) in hand; 0 for the identity.
#[inline(always)]
pub(crate) unsafe fn encode_double<F: Field>(p: Pending<F>, inverse: F) -> F {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let (z_inverse, t_inverse) = (mul(p.eg, inverse), mul(p.fh, inverse));
        let rotate = mul(p.eg, z_inverse).is_negative();
        let i = F::constant(&SQRT_M1);
        let e = F::select(rotate, p.g, p.e);
        let g = F::select(rotate, negate(p.e), p.g);
        let h = F::select(rotate, mul(p.f, i), p.h);
        let magic = F::select(rotate, i, F::constant(&INVSQRT_A_MINUS_D));
        let g = negate_where(mul(mul(h, e), z_inverse).is_negative(), g);
        let s = absolute(mul(sub(h, g), mul(magic, mul(g, t_inverse))));
        F::select(p.identity, F::constant(&[0; 4]), s)
    }
}
