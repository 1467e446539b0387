//! What one person asks for and another one must agree to.

use serde::{Deserialize, Serialize};

use crate::bounded::{Bytes, List, Name};
use crate::keys::KeyName;

/// Keys that one request is about.
pub const KEYS_AT_ONCE: usize = 32;
/// Of a backup's header, in bytes: with the names of that many keys.
pub const HEADER_MAX: usize = 8192;
/// Of what an approval brings, in bytes: a public key, or a sealed half.
pub const GIVEN_MAX: usize = 96;
/// Requests in one `Reply::Requests`: as many of the longest as a message holds.
pub const REQUESTS_LISTED: usize = 3;

/// A request that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub id: Name,
    pub deed: Deed,
    pub by: Name,
    /// Seconds since 1970.
    pub until: u64,
    pub keys: List<KeyName, KEYS_AT_ONCE>,
    /// Of a backup: the public key of whoever asked. Of a restore: the backup's header.
    pub data: Bytes<HEADER_MAX>,
    /// A second one agreed: the pieces of a backup can be fetched, the keys of a restore be sent.
    pub approved: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    Destroy,
    Backup,
    Restore,
}

impl Deed {
    /// As clients read it, and as it stands in what is signed.
    pub fn name(self) -> &'static str {
        match self {
            Deed::Destroy => "destroy",
            Deed::Backup => "backup",
            Deed::Restore => "restore",
        }
    }
}
