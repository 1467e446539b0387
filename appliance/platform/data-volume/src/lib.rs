//! The data volume on its partition: a LUKS2 header with two ways in, the TPM's key and the recovery key, and ext4 in it.
//!
//! What lies where:
//! ```text
//! 0        4096             32 KiB                16 MiB                                        end - 4096
//! | header | its rest, copy | key slots, all random | encrypted: ext4, and 1 MiB that it leaves | tail mark |
//! ```
//! Making one is a transaction. The header is made in a file in memory, and the file system under it, while the partition's first
//! 16 MiB stay as blank as they were; then the header goes to the disk: first a mark "unfinished", then all but its first block,
//! then that block in the mark's place (`placing.rs`). So a power cut leaves a blank partition, an unfinished one, or a whole
//! volume that holds its recovery key to be shown ([`unconfirmed_recovery_key`]). Erasing goes the same way back.
//!
//! [`read`] says what there is. It changes nothing but a damaged copy of the header, which it writes anew from the other copy.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens"))]

mod create;
mod ends;
mod error;
mod filesystem;
mod finding;
mod foreign;
mod format;
mod header;
mod helper;
mod placing;
#[cfg(test)]
mod placing_tests;
mod recovery_key;
#[cfg(test)]
mod replacing_tests;
#[cfg(test)]
mod testing;
mod volume;
#[cfg(test)]
mod volume_tests;
mod ways;

pub use create::{First, create, erase};
pub use error::VolumeError;
pub use filesystem::{Checked, check, mount};
pub use finding::{Candidate, PARTITION, candidates};
pub use format::{HEADER, LEAST};
pub use recovery_key::{BYTES as RECOVERY_KEY_BYTES, confirm_recovery_key, printed, typed, unconfirmed_recovery_key};
pub use volume::{Contents, Volume, close, mapped, read};
pub use ways::{MAPPED, Tried, Way};
