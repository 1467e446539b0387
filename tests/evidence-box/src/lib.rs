//! Evidence for tests, as a box makes it: a software TPM (swtpm) goes through the start that a box's firmware has recorded, and signs.
//!
//! It is real in all that the verifier can see: the TPM's keys, its endorsement certificate, its counters. [`Start`] says what
//! happened at power-on, [`Made`] what the box puts into its file; a test changes either.
#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "tests alone use it, and fail where it does")]

mod commands;
mod machine;
mod start;
mod swtpm;
mod vendor;

pub use commands::{Key, Tpm};
pub use machine::{Kind, Machine, Made};
pub use start::{Record, Start};
pub use swtpm::SoftwareTpm;
pub use vendor::{Vendor, openssl};
