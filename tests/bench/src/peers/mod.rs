//! Whom we are measured against.

pub mod fate;
pub mod gmp;
pub mod openssl;
