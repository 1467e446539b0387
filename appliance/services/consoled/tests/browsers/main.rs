//! The console in this process, before keyd on a software TPM, and browsers on real connections.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod attacks;
mod audit;
mod certificates;
mod clients;
mod keys;
mod people;
mod set_up;
mod started;

// keyd's own tests have them.
#[allow(dead_code, reason = "only some of it is used here")]
#[path = "../../../keyd/tests/swtpm/served.rs"]
mod served;
#[allow(dead_code, reason = "only some of it is used here")]
#[path = "../../../keyd/tests/swtpm/support.rs"]
mod support;
