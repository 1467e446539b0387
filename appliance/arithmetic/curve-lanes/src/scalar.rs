//! Scalars of ristretto255.

use curve25519_dalek::Scalar as Integer;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A number from 1 to one below the group's order. Wiped on drop.
pub struct Scalar {
    /// Half of it, modulo the order: what the units multiply by.
    half: Zeroizing<[u8; 32]>,
    /// The one number that the lanes' formulas have no way for: -2.
    minus_two: bool,
}

impl Scalar {
    /// Little-endian; `None` for 0, and for what is not below the order.
    pub fn from_canonical_bytes(bytes: &[u8; 32]) -> Option<Scalar> {
        // secret, with what it calls: whether bytes are a scalar is said to whoever brings them
        let integer = Option::<Integer>::from(Integer::from_canonical_bytes(*bytes))?;
        Scalar::of(integer)
    }

    /// 64 uniform bytes modulo the order; `None` for a multiple of it.
    pub fn from_uniform_bytes(bytes: &[u8; 64]) -> Option<Scalar> {
        Scalar::of(Integer::from_bytes_mod_order_wide(bytes))
    }

    fn of(mut integer: Integer) -> Option<Scalar> {
        // secret: one draw in 2^252 is 0
        if bool::from(integer.ct_eq(&Integer::ZERO)) {
            return None;
        }
        let mut half = integer * Integer::from_canonical_bytes(INVERSE_OF_2).into_option()?;
        let scalar =
            Scalar { half: Zeroizing::new(half.to_bytes()), minus_two: bool::from(half.ct_eq(&-Integer::ONE)) };
        integer.zeroize();
        half.zeroize();
        Some(scalar)
    }

    /// 1 over it, modulo the order.
    pub fn invert(&self) -> Scalar {
        // Half of 1/k is 1/4 of 1/(k/2).
        let quarter = Integer::from_bytes_mod_order(INVERSE_OF_2) * Integer::from_bytes_mod_order(INVERSE_OF_2);
        let mut of_half = Integer::from_bytes_mod_order(*self.half);
        let mut half = of_half.invert() * quarter;
        let inverse = Scalar::with_half(&half);
        of_half.zeroize();
        half.zeroize();
        inverse
    }

    fn with_half(half: &Integer) -> Scalar {
        Scalar { half: Zeroizing::new(half.to_bytes()), minus_two: bool::from(half.ct_eq(&-Integer::ONE)) }
    }

    pub(crate) fn half(&self) -> &[u8; 32] {
        &self.half
    }

    pub(crate) fn is_minus_two(&self) -> bool {
        self.minus_two
    }
}

/// (order + 1) / 2.
const INVERSE_OF_2: [u8; 32] = [
    0xf7, 0xe9, 0x7a, 0x2e, 0x8d, 0x31, 0x09, 0x2c, 0x6b, 0xce, 0x7b, 0x51, 0xef, 0x7c, 0x6f, 0x0a, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 8,
];
