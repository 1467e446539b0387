//! The ways into a volume, what becomes of a key that is tried, and where the open volume is.

/// The volume's name under /dev/mapper.
pub const MAPPED: &str = "coffer-data";

/// One of the two ways in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Tpm,
    Recovery,
}

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    Opens,
    /// The header has no slot for it (any more).
    NoSlot,
    /// The slot is there, and this key does not open it: it is another key, or the slot is damaged.
    WrongKey,
}
