//! One point after another by curve25519-dalek: what the lanes must agree with, and what every processor has.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::traits::Identity;
use curve25519_dalek::{MontgomeryPoint, Scalar};
use zeroize::Zeroize;

use crate::functions::Functions;

pub(crate) const FUNCTIONS: Functions = Functions { lanes: 1, x25519, multiply, hash };

fn x25519(scalar: &[u8; 32], us: &[[u8; 32]], out: &mut [[u8; 32]]) {
    for (u, out) in us.iter().zip(out) {
        *out = MontgomeryPoint(*u).mul_clamped(*scalar).to_bytes();
    }
}

fn multiply(half: &[u8; 32], points: &[[u8; 32]], out: &mut [[u8; 32]], valid: &mut [bool]) {
    let decoded = points.iter().zip(valid).map(|(point, valid)| {
        let decoded = CompressedRistretto(*point).decompress();
        *valid = decoded.is_some();
        decoded.unwrap_or_else(RistrettoPoint::identity)
    });
    encode_multiples(half, decoded, out);
}

fn hash(half: &[u8; 32], uniform: &[[u8; 64]], out: &mut [[u8; 32]]) {
    encode_multiples(half, uniform.iter().map(RistrettoPoint::from_uniform_bytes), out);
}

fn encode_multiples(half: &[u8; 32], points: impl Iterator<Item = RistrettoPoint>, out: &mut [[u8; 32]]) {
    // It is below the order already.
    let mut scalar = Scalar::from_bytes_mod_order(*half);
    let products: Vec<RistrettoPoint> = points.map(|point| point * scalar).collect();
    // secret: curve25519-dalek asserts that the product of all but zeros is not 0, which it never is
    for (encoded, out) in RistrettoPoint::double_and_compress_batch(&products).into_iter().zip(out) {
        *out = encoded.to_bytes();
    }
    scalar.zeroize();
}
