//! computed: the compute service. gRPC over mutual TLS, jobs that survive a power cut, an audit log.
//!
//! A request passes one file after the other: `server` (TLS, bounds), `admission` (`request`: bytes to a validated header;
//! `session`: who may; `layout`: how wide), then either `submit`, `jobs` (`room`: whether one more is taken; `spool`: on the disk; `queue`: in order) and `worker`, or `batch` (nothing
//! is kept), and for both `program` (keyd's lease, the engine, in turns) and `audit`.

#![forbid(unsafe_code)]

pub mod audit;
pub mod clients;
pub mod devices;
pub mod error;
pub mod exponents;
pub mod factors;
pub mod jail;
pub mod keyd;
pub mod layout;
pub mod limits;
pub mod metrics;
pub mod request;
pub mod request_error;
pub mod session;
pub mod tally;
pub mod tls;
pub mod work;

pub use run::{RunningService, Settings, Start, start};

mod admission;
mod batch;
mod batches;
mod card_recovery;
mod cards;
mod enrol;
mod intake;
mod job;
mod jobs;
mod operation;
mod pairing;
mod pool;
mod program;
mod queue;
mod record;
mod result_file;
mod room;
mod run;
mod runtime;
mod server;
mod service;
mod shared;
mod spool;
mod status;
mod submit;
mod turns;
mod views;
mod watching;
mod worker;
mod workshop;
