//! X25519 and ristretto255 on batches: one point in each lane of a vector register, one secret scalar for all.
//!
//! Eight lanes with AVX-512 IFMA, four with AVX2, one by curve25519-dalek; the same bytes from each. A [`Unit`] is what this processor has;
//! [`Unit::fastest`] is measured once. Nothing here branches on, or addresses memory by, a scalar or a hashed item; whether encoded
//! points decode is no secret, since they come from outside.
//!
//! This crate is one of the few with `unsafe`: intrinsics stay behind [`Unit`] (the processor has the instructions). The bounds on limbs and
//! columns stand in `ifma.rs` and `avx2.rs`; a debug build checks each operation's.

#![allow(unsafe_code, reason = "vector intrinsics need it; see the crate's documentation")]

pub use hash::expand_message_xmd;
pub use ristretto_batch::{NotAPoint, hash_and_multiply, multiply};
pub use scalar::Scalar;
pub use unit::Unit;
pub use x25519_batch::x25519_batch;

mod avx2;
mod batch;
mod constants;
mod entry_points;
#[cfg(test)]
mod extremes;
mod fastest;
mod field;
mod functions;
mod hash;
mod ifma;
mod ladder;
mod portable;
mod ristretto;
mod ristretto_batch;
mod scalar;
mod unit;
mod x25519_batch;
