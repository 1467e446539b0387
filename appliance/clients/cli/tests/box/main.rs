//! The program against the true service, with keys in memory.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

#[path = "../../../../services/computed/tests/support/mod.rs"]
mod support;

mod authority;
mod desk;
mod enrolment;
mod network;
mod numbers;
mod schemes;
