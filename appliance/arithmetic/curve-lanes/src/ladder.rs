//! The Montgomery ladder (RFC 7748, section 5), with one scalar for all lanes.

use crate::field::{Ends, Field};

/// (A - 2) / 4 for A = 486662.
const A24: u32 = 121_665;

/// A point's u-coordinate X/Z, not yet carried.
#[derive(Clone, Copy)]
struct Projective<F: Field> {
    x: F::Wide,
    z: F::Wide,
}

/// From P's u-coordinate, the low `bits` bits of `scalar`. What is secret is the scalar: it goes into masks alone.
///
/// As in section 5 of the RFC, but that the two points change places only where one is doubled: the other half of a step is the same
/// for both orders, up to a sign that is squared. Sums and differences are taken of columns, before these are carried.
#[inline(always)]
pub(crate) unsafe fn ladder<F: Field>(scalar: &[u8; 32], bits: usize, u: F) -> Ends<F> {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let one = F::constant(&[1, 0, 0, 0]).wide();
        let zero = F::constant(&[0; 4]).wide();
        let mut low = Projective::<F> { x: one, z: zero };
        let mut high = Projective::<F> { x: u.wide(), z: one };
        let mut last = 0;
        for t in (0..bits).rev() {
            let bit = u64::from(scalar[t / 8] >> (t % 8) & 1);
            let swap = F::all_lanes(bit ^ last);
            last = bit;
            (low, high) = step(swap, u, low, high);
        }
        let swap = F::all_lanes(last);
        let x = F::carry(F::select_wide(swap, high.x, low.x));
        let z = F::carry(F::select_wide(swap, high.z, low.z));
        let next_x = F::carry(F::select_wide(swap, low.x, high.x));
        let next_z = F::carry(F::select_wide(swap, low.z, high.z));
        Ends { multiple: (x, z), next: (next_x, next_z) }
    }
}

#[inline(always)]
unsafe fn step<F: Field>(
    swap: F::Mask,
    u: F,
    low: Projective<F>,
    high: Projective<F>,
) -> (Projective<F>, Projective<F>) {
    // SAFETY: the caller's, as for `Field`.
    unsafe {
        let a = F::carry(F::add(low.x, low.z));
        let b = F::carry(F::sub(low.x, low.z));
        let c = F::carry(F::add(high.x, high.z));
        let d = F::carry(F::sub(high.x, high.z));
        let (da, cb) = (F::mul(d, a), F::mul(c, b));
        let aa = F::square(F::select(swap, c, a));
        let bb = F::square(F::select(swap, d, b));
        let x3 = F::square(F::carry(F::add(da, cb)));
        let z3 = F::mul(u, F::carry(F::square(F::carry(F::sub(da, cb)))));
        let e = F::carry(F::sub(aa, bb));
        let x2 = F::mul(F::carry(aa), F::carry(bb));
        let z2 = F::mul(e, F::carry(F::add(aa, e.mul_small(A24))));
        (Projective { x: x2, z: z2 }, Projective { x: x3, z: z3 })
    }
}
