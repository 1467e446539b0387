//! Work that takes long, as data: what it is done with is the shell's affair.

use std::sync::Arc;

use secrets::Secret;

/// A group of points, how bytes become a point, and how a point becomes bytes. Items and points have 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// ristretto255 (RFC 9496); items are hashed to the group as in RFC 9497, section 4.1.
    Ristretto255,
    /// X25519 (RFC 7748) of the item itself as a u-coordinate: on the curve or on its twist, which everybody sees.
    Curve25519Direct,
}

/// 32 uniform secret bytes from which each suite derives its factor of points. Shared between pieces of work, and wiped with the last.
#[derive(Clone, Debug)]
pub struct Scalar(Arc<Secret>);

/// Which piece of work an answer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

#[derive(Debug)]
pub enum Work {
    /// Hash each item to the group and multiply it.
    HashAndMultiply { suite: Suite, items: Vec<[u8; 32]>, scalar: Scalar },
    /// Decode each point strictly and multiply it.
    Multiply { suite: Suite, points: Vec<[u8; 32]>, scalar: Scalar },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkResult {
    /// As many points as there were items or points, in their order.
    Points(Vec<[u8; 32]>),
    /// The first of the points that is none, or that has small order: nothing was multiplied by anything.
    NotAPoint { index: usize },
}

impl Scalar {
    pub const BYTES: usize = 32;

    /// `None` unless it is [`Scalar::BYTES`] long.
    pub fn new(bytes: Secret) -> Option<Scalar> {
        (bytes.len() == Scalar::BYTES).then(|| Scalar(Arc::new(bytes)))
    }

    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}
