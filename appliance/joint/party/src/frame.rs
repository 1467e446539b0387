//! What travels between the two parties.

use bytes::Bytes;

use crate::unit::Unit;

/// The longest frame there is, in bytes: larger messages are cut by the core that sends them.
pub const FRAME_MAX: usize = 1 << 20;

/// A stream of frames that arrive in the order in which they were sent; between channels there is no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel(pub u8);

/// A message of one core to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub channel: Channel,
    /// The unit that it belongs to.
    pub unit: Unit,
    pub bytes: Bytes,
}

/// What becomes of the next frame of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// The core takes it now, if it has no more than `at_most` bytes.
    Now { at_most: usize },
    /// The core will take it later, if it has no more than `at_most` bytes: the shell holds it, and the channel's window closes.
    Later { at_most: usize },
    /// A frame on this channel breaks the protocol.
    Never,
}

impl Expectation {
    /// Bytes that the next frame may have; `None` where none may come.
    pub fn at_most(self) -> Option<usize> {
        match self {
            Expectation::Now { at_most } | Expectation::Later { at_most } => Some(at_most),
            Expectation::Never => None,
        }
    }
}
