//! What a unit can do.

/// The functions of one unit. Each may be called only on a processor that has the unit's instructions: [`crate::Unit`] is the proof, and
/// the only holder of such a table. All slices of a call are of one length.
pub(crate) struct Functions {
    pub(crate) lanes: usize,
    /// The scalar is clamped by the function.
    pub(crate) x25519: unsafe fn(scalar: &[u8; 32], us: &[[u8; 32]], out: &mut [[u8; 32]]),
    /// By a scalar's half. Points are below p and not negative; `valid` says which of them decode.
    pub(crate) multiply: unsafe fn(half: &[u8; 32], points: &[[u8; 32]], out: &mut [[u8; 32]], valid: &mut [bool]),
    /// By a scalar's half.
    pub(crate) hash: unsafe fn(half: &[u8; 32], uniform: &[[u8; 64]], out: &mut [[u8; 32]]),
}
