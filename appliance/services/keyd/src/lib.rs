//! keyd: the one process that speaks to the TPM and holds keys.
//!
//! It runs twice in a boot. `keyd early` opens the data volume's key and then closes the door behind it ([`early`]);
//! `keyd serve` answers computed ([`serve`]) with signatures, certificates, quotes and key leases.
#![forbid(unsafe_code)]

pub mod early;
mod error;
pub mod files;
pub mod identity;
pub mod import;
pub mod keys;
pub mod serve;
pub mod tpm;
pub mod vault;

pub use error::{KeydError, chain};
