//! What is done and what is not.

use bytes::Bytes;

/// A part of a protocol that is done or not: what is resumed after a cut. Units are done in their order, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit(pub u32);

/// What a core wrote when a unit was done. The shell keeps it encrypted under the job's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last unit that is done.
    pub unit: Unit,
    pub state: Bytes,
}

impl Unit {
    pub const FIRST: Unit = Unit(0);

    pub fn next(self) -> Unit {
        Unit(self.0 + 1)
    }
}
