//! keyd against a software TPM, with openssl as the vendor and tpm2-tools as a second opinion.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod quotes;
mod serving;
mod support;
mod unsealing;
