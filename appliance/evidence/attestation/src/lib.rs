//! What a box can show of itself, and what its vendor signs about it: formats and readers, without I/O, without a TPM, without trust
//! in who sent it. The box writes with it, `verifier` reads with it.
//!
//! What a [`Verified`] quote says: the key with this public area is a restricted signing key that never left its TPM, and its TPM
//! held these PCR values when it saw this nonce. Whose TPM that is, and what the values mean, `verifier` says.
#![forbid(unsafe_code)]

pub mod approved;
mod attest;
pub mod event_log;
pub mod evidence;
pub mod floor;
pub mod jws;
pub mod own_log;
mod public;
mod quote;
mod reader;
pub mod secure_boot;
mod statements;

pub use attest::{Attest, Claim};
pub use evidence::{Endorsement, Evidence, EvidenceError, Said, ServiceKey, Signed};
pub use public::{Attributes, EndorsementPublic, KeyPublic, name};
pub use quote::{Quote, QuoteError, Verified, signed_by, signs_only_what_the_tpm_made, verify};
pub use reader::ReadError;
pub use secure_boot::SecureBootState;
pub use statements::{DeviceRecord, Hash, ReferenceValues, SecureBoot};
