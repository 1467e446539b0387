//! `coffer console` and `coffer trust` against a whole box in this process: keyd on a software TPM, computed, and the console.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod attacks;
mod between;
mod house;
mod through;
mod trust;

// The console's own tests have it, and keyd's.
#[allow(dead_code, reason = "only some of it is used here")]
#[path = "../../../../services/keyd/tests/swtpm/served.rs"]
mod served;
#[allow(dead_code, reason = "only some of it is used here")]
#[path = "../../../../services/consoled/tests/browsers/started.rs"]
mod started;
#[allow(dead_code, reason = "only some of it is used here")]
#[path = "../../../../services/keyd/tests/swtpm/support.rs"]
mod support;
