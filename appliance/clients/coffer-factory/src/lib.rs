//! What the vendor's factory does about a machine, without a TPM of its own.
#![forbid(unsafe_code)]

pub mod credential;
