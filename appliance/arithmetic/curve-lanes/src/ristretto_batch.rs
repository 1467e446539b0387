//! ristretto255 on batches.

use crate::scalar::Scalar;
use crate::unit::Unit;

/// The first of a batch's encodings that is none of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAPoint {
    pub index: usize,
}

/// Each point times the scalar, encoded. Points are encoded as in RFC 9496, section 4.3.1, and nothing else is taken; the identity is 32
/// zeros, and stays what it is.
pub fn multiply(unit: Unit, scalar: &Scalar, points: &[[u8; 32]]) -> Result<Vec<[u8; 32]>, NotAPoint> {
    if let Some(index) = points.iter().position(|point| !is_canonical(point)) {
        return Err(NotAPoint { index });
    }
    let (mut out, mut valid) = (vec![[0; 32]; points.len()], vec![true; points.len()]);
    let functions = capable(unit, scalar).functions;
    // SAFETY: the unit is this processor's; the slices are of one length, and the points are below p and not negative.
    unsafe { (functions.multiply)(scalar.half(), points, &mut out, &mut valid) };
    match valid.iter().position(|valid| !valid) {
        Some(index) => Err(NotAPoint { index }),
        None => Ok(out),
    }
}

/// For each 64 uniform bytes the point that RFC 9496, section 4.3.4 has for them, times the scalar, encoded.
pub fn hash_and_multiply(unit: Unit, scalar: &Scalar, uniform: &[[u8; 64]]) -> Vec<[u8; 32]> {
    let mut out = vec![[0; 32]; uniform.len()];
    let functions = capable(unit, scalar).functions;
    // SAFETY: the unit is this processor's; the slices are of one length.
    unsafe { (functions.hash)(scalar.half(), uniform, &mut out) };
    out
}

/// The unit, but for the one scalar that the lanes' formulas have no way for.
fn capable(unit: Unit, scalar: &Scalar) -> Unit {
    // secret: one draw in 2^252 is -2
    if scalar.is_minus_two() { Unit::portable() } else { unit }
}

/// Whether the bytes are a number below p = 2^255 - 19 that is not negative: even. They are public.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let too_large = bytes[31] == 0x7f && bytes[1..31].iter().all(|byte| *byte == 0xff) && bytes[0] >= 0xed;
    bytes[31] < 0x80 && !too_large && bytes[0] & 1 == 0
}
