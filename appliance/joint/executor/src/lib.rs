//! Does the work of joint protocols' cores on this processor: one piece on the calling thread. A shell with several threads gives
//! each a piece; a core that has a card behind it needs another executor, and the same cores.
#![forbid(unsafe_code)]

use curve_lanes::{NotAPoint, Unit, expand_message_xmd, hash_and_multiply, multiply, x25519_batch};
use party::{Scalar, Suite, Work, WorkResult};
use zeroize::Zeroizing;

/// Domain separation of what is hashed to the group (RFC 9380, section 3.1), and of the scalar's derivation.
const HASH_TAG: &[u8] = b"coffer.joint.v1 psi ristretto255_XMD:SHA-512_R255MAP_RO_";
const SCALAR_TAG: &[u8] = b"coffer.joint.v1 psi ristretto255 scalar";

/// Does a piece of work with one unit.
pub fn execute(unit: Unit, work: &Work) -> WorkResult {
    match work {
        Work::HashAndMultiply { suite: Suite::Ristretto255, items, scalar } => {
            let uniform: Vec<[u8; 64]> = items.iter().map(|item| expand_message_xmd(item, HASH_TAG)).collect();
            WorkResult::Points(hash_and_multiply(unit, &ristretto_scalar(scalar), &uniform))
        }
        Work::Multiply { suite: Suite::Ristretto255, points, scalar } => {
            // The identity is a point, and no item's.
            if let Some(index) = points.iter().position(|point| *point == [0; 32]) {
                return WorkResult::NotAPoint { index };
            }
            match multiply(unit, &ristretto_scalar(scalar), points) {
                Ok(points) => WorkResult::Points(points),
                Err(NotAPoint { index }) => WorkResult::NotAPoint { index },
            }
        }
        Work::HashAndMultiply { suite: Suite::Curve25519Direct, items: us, scalar }
        | Work::Multiply { suite: Suite::Curve25519Direct, points: us, scalar } => {
            let mut clamped = Zeroizing::new([0; 32]);
            clamped.copy_from_slice(scalar.expose());
            let points = x25519_batch(unit, &clamped, us);
            match points.iter().position(|point| *point == [0; 32]) {
                Some(index) => WorkResult::NotAPoint { index },
                None => WorkResult::Points(points),
            }
        }
    }
}

fn ristretto_scalar(scalar: &Scalar) -> curve_lanes::Scalar {
    let uniform = Zeroizing::new(expand_message_xmd(scalar.expose(), SCALAR_TAG));
    curve_lanes::Scalar::from_uniform_bytes(&uniform)
}
