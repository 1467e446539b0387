//! Which unit is the fastest here.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::unit::Unit;
use crate::{Scalar, multiply, x25519_batch};

impl Unit {
    /// The one whose points cost least here: an emulated vector unit is slower than an emulated scalar one. Measured once, in some
    /// ten milliseconds.
    pub fn fastest() -> Unit {
        static FASTEST: OnceLock<Unit> = OnceLock::new();
        *FASTEST.get_or_init(|| {
            let cost = |unit: &Unit| (0..3).map(|_| unit.cost()).min();
            Unit::all().into_iter().min_by_key(cost).unwrap_or_else(Unit::portable)
        })
    }

    /// The time of one operation of each kind.
    fn cost(self) -> Duration {
        let points = vec![BASE; 2 * self.lanes()];
        let start = Instant::now();
        std::hint::black_box(x25519_batch(self, &[9; 32], &points));
        if let Some(scalar) = Scalar::from_canonical_bytes(&[9; 32]) {
            _ = std::hint::black_box(multiply(self, &scalar, &points));
        }
        start.elapsed() / points.len() as u32
    }
}

/// The base point of ristretto255 (RFC 9496, appendix A.1), which is as good a u-coordinate as any.
const BASE: [u8; 32] = [
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f, 0x58, 0xe3, 0x0b,
    0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
];
