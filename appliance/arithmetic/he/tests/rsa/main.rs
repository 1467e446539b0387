//! RSA: against Wycheproof's vectors, num-bigint and OpenSSL.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod blinding;
mod keys;
mod openssl;
mod support;
mod wycheproof;
