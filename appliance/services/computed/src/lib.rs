//! computed: the compute service. gRPC over mutual TLS, jobs that survive a power cut, an audit log.
//!
//! A request passes one file after the other: the `listener` (who comes in), `connection` (TLS, bounds), `call` (a task that its
//! client cannot drop half-way), `admission` (`request`: bytes to a validated header; `session`: who may; `layout`: how wide), then
//! either `submit` (`arriving`, `incoming`: block by block), `jobs` (`room`: whether one more is taken; `spool`: on the disk; `queue`:
//! by turns), `worker` and the job's executor (`homomorphic`), or `batch` (nothing is kept), and for both `program` (keyd's lease, the
//! engine, in turns) and `audit`.

#![forbid(unsafe_code)]

pub mod audit;
pub mod clients;
mod common;
pub mod devices;
pub mod error;
pub mod exponents;
pub mod factors;
pub mod keyd;
pub mod layout;
pub mod limits;
pub mod metrics;
pub mod pace;
pub mod request;
pub mod request_error;
pub mod session;
pub mod tally;
pub mod tls;
pub mod work;

// The tests' box uses this crate by its name.
#[cfg(test)]
extern crate self as computed;
#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

pub use run::{RunningService, Settings, Start, start};

mod admission;
mod answers;
mod arriving;
mod batch;
mod blinds;
mod bounds;
mod call;
mod card_recovery;
mod cards;
mod connection;
mod element_check;
mod ending;
mod endpoint;
mod enrol;
mod evidence;
mod executors;
mod homomorphic;
mod incoming;
mod intake;
mod job;
mod jobs;
mod keeping;
mod key_kinds;
mod metrics_page;
mod numbers;
mod operation;
mod paced_body;
mod pool;
mod program;
mod proofs;
mod queue;
mod random;
mod record;
mod result_file;
mod room;
mod run;
mod runtime;
mod service;
mod shared;
mod shares;
mod spool;
mod status;
mod submit;
mod turns;
mod views;
mod watching;
mod worker;
mod workshop;
