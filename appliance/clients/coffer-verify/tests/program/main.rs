//! The program as an auditor runs it.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod evidence;
mod handbook;
mod judges;
mod log;
mod support;
