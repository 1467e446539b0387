//! How wide moduli may be.

/// Bits of the narrowest modulus that is taken.
pub const MIN_BITS: usize = 256;
/// Bits of the widest modulus that is taken.
pub const MAX_BITS: usize = 8192;
