//! X25519 on batches.

use crate::unit::Unit;

/// X25519 (RFC 7748, section 5) of each u-coordinate by one scalar, which is clamped as there; 32 bytes each, little-endian. Every u is
/// taken, on the curve or on its twist, and modulo p; the bit above 2^255 is ignored. Where the result is 0, u had small order: whoever
/// needs to know, looks.
pub fn x25519_batch(unit: Unit, scalar: &[u8; 32], us: &[[u8; 32]]) -> Vec<[u8; 32]> {
    let mut out = vec![[0; 32]; us.len()];
    // SAFETY: the unit is this processor's; the slices are of one length.
    unsafe { (unit.functions.x25519)(scalar, us, &mut out) };
    out
}
