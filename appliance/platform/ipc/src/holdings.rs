//! What people at the console see of the box's keys and programs ([`crate::people`]).

use serde::{Deserialize, Serialize};

use crate::approvals::Deed;
use crate::bounded::{List, Name, Text};
use crate::keys::{KeyKind, KeyState, Limits, Operation};

/// Keys in one answer, and programs: as many of the longest as a message holds.
pub const KEYS_SHOWN: usize = 50;
pub const PROGRAMS_SHOWN: usize = 50;

/// A key, without what it computes with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HeldKey {
    pub id: Name,
    pub owner: Name,
    pub name: Name,
    pub kind: KeyKind,
    pub operations: List<Operation, 8>,
    /// Seconds since 1970.
    pub created: u64,
    pub uses: u64,
    pub private_uses: u64,
    pub limits: Limits,
    pub imported: bool,
    pub state: KeyState,
    /// What somebody asked for and a second person has not done yet; its end before all else.
    pub open: Option<OpenRequest>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OpenRequest {
    pub id: Name,
    pub deed: Deed,
    pub by: Name,
    /// Seconds since 1970.
    pub until: u64,
    pub approved: bool,
}

/// A program's certificate; a program that renews has two for a while.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Program {
    pub name: Name,
    /// As `accounts::Role::name` gives it.
    pub role: Name,
    pub serial: Name,
    /// SHA-256 of the certificate, hexadecimal; empty: it was issued before that was written down.
    pub fingerprint: Text<64>,
    /// When the program was let in, in seconds since 1970; 0: before that was written down.
    pub enrolled: u64,
    pub expires: u64,
    pub revoked: bool,
    /// The certificate was used.
    pub confirmed: bool,
    /// An authority issued it that is not the box's any more.
    pub void: bool,
}
