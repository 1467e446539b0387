//! What a unit can do.

/// The functions of one unit. Each may be called only on a processor that has the unit's instructions: [`crate::Unit`] is the proof, and
/// the only holder of such a table. All slices of a call are of one length.
pub(crate) struct Functions {
    pub(crate) lanes: usize,
    pub(crate) x25519: X25519,
    pub(crate) multiply: Multiply,
    pub(crate) hash: Hash,
}

/// A scalar, which is clamped by the function; u-coordinates; products.
type X25519 = unsafe fn(&[u8; 32], &[[u8; 32]], &mut [[u8; 32]]);
/// A scalar's half; points, which are below p and not negative; products; which of the points decode.
type Multiply = unsafe fn(&[u8; 32], &[[u8; 32]], &mut [[u8; 32]], &mut [bool]);
/// A scalar's half; uniform bytes; products.
type Hash = unsafe fn(&[u8; 32], &[[u8; 64]], &mut [[u8; 32]]);
