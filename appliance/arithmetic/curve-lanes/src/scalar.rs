//! Scalars of ristretto255.

use curve25519_dalek::Scalar as Integer;
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::{Zeroize, Zeroizing};

/// A number from 1 to one below the group's order. Wiped on drop.
pub struct Scalar {
    /// Half of it, modulo the order: what the units multiply by.
    half: Zeroizing<[u8; 32]>,
    /// The one number that the lanes' formulas have no way for: -2.
    minus_two: bool,
}

impl Scalar {
    /// Little-endian; `None` for 0, and for what is not below the order: that much is told to whoever brings the bytes.
    pub fn from_canonical_bytes(bytes: &[u8; 32]) -> Option<Scalar> {
        let mut integer = Option::<Integer>::from(Integer::from_canonical_bytes(*bytes))?;
        let scalar = (integer != Integer::ZERO).then(|| Scalar::twice(integer * half()));
        integer.zeroize();
        scalar
    }

    /// 64 uniform bytes modulo the order, and 1 for a multiple of it, which nobody will ever draw.
    pub fn from_uniform_bytes(bytes: &[u8; 64]) -> Scalar {
        let mut integer = Integer::from_bytes_mod_order_wide(bytes);
        integer.conditional_assign(&Integer::ONE, integer.ct_eq(&Integer::ZERO)); // secret: no draw is 0
        let scalar = Scalar::twice(integer * half());
        integer.zeroize();
        scalar
    }

    /// 1 over it, modulo the order.
    pub fn invert(&self) -> Scalar {
        // Half of 1/k is 1/4 of 1/(k/2).
        let mut of_half = Integer::from_bytes_mod_order(*self.half);
        let scalar = Scalar::twice(of_half.invert() * half() * half());
        of_half.zeroize();
        scalar
    }

    fn twice(mut half: Integer) -> Scalar {
        let minus_two = bool::from(half.ct_eq(&-Integer::ONE));
        let scalar = Scalar { half: Zeroizing::new(half.to_bytes()), minus_two };
        half.zeroize();
        scalar
    }

    pub(crate) fn half(&self) -> &[u8; 32] {
        &self.half
    }

    pub(crate) fn is_minus_two(&self) -> bool {
        self.minus_two
    }
}

/// 1/2 modulo the order.
fn half() -> Integer {
    Integer::from_bytes_mod_order(INVERSE_OF_2)
}

/// (order + 1) / 2.
const INVERSE_OF_2: [u8; 32] = [
    0xf7, 0xe9, 0x7a, 0x2e, 0x8d, 0x31, 0x09, 0x2c, 0x6b, 0xce, 0x7b, 0x51, 0xef, 0x7c, 0x6f, 0x0a, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 8,
];
