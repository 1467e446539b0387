//! How the tools of auditors and of the factory read their files.
#![forbid(unsafe_code)]

mod error;
pub mod files;
pub mod roots;

pub use error::VerifyError;
