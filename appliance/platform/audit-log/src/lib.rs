//! The audit log's format, without I/O: who did what and how much of it, never a value.
//!
//! One JSON object a line, each with the SHA-256 of the line before it ([`Head`]); every so often a line with a head that the TPM
//! signed, with its clock and counters ([`head`]). [`Verifier`] checks both, line by line. What strangers cause is counted
//! ([`Counts`]), and nobody may cause more lines than a share ([`Quota`]).
#![forbid(unsafe_code)]

mod chain;
mod counts;
pub mod head;
mod quota;
pub mod segment;
mod verifier;

pub use chain::{ChainError, Head, Line};
pub use counts::Counts;
pub use quota::Quota;
pub use verifier::{Verdict, Verifier, VerifyError};
