//! computed: the compute service. gRPC over mutual TLS, jobs that survive a power cut, an audit log.
//!
//! A request passes one file after the other: `server` (TLS, bounds), `admission` (`request`: bytes to a validated header;
//! `session`: who may; `layout`: how wide), then either `submit` and `jobs` (disk and queue) and `worker`, or `batch` (nothing
//! is kept), and for both `program` (keyd's lease, the engine, in turns) and `audit`.

#![forbid(unsafe_code)]

pub mod audit;
pub mod clients;
pub mod devices;
pub mod error;
pub mod jail;
pub mod keyd;
pub mod layout;
pub mod limits;
pub mod metrics;
pub mod request;
pub mod session;
pub mod tally;
pub mod tls;

pub use run::{Settings, Start, Stop, start};

mod admission;
mod batch;
mod batches;
mod cards;
mod enrol;
mod intake;
mod jobs;
mod pairing;
mod pool;
mod program;
mod run;
mod runtime;
mod server;
mod service;
mod shared;
mod status;
mod submit;
mod turns;
mod views;
mod worker;
mod workshop;
