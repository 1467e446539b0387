//! Evidence of software TPMs, judged: what must be accepted, and what must not.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod accepted;
mod altered;
mod mutants;
mod shown;
mod support;
