//! computed: the compute service. gRPC over mutual TLS, jobs that survive a power cut, an audit log.
//!
//! A request passes one file after the other: `server` (TLS, bounds), `request` (bytes to a validated header), `session`
//! (who may), `submit` and `jobs` (disk and queue), `worker` and `operations` (keyd's lease, the engine), `audit`.

#![forbid(unsafe_code)]

pub mod audit;
pub mod clients;
pub mod devices;
pub mod error;
pub mod jail;
pub mod keyd;
pub mod limits;
pub mod metrics;
pub mod request;
pub mod session;
pub mod tls;

pub use run::{Settings, Start, Stop, start};

mod enrol;
mod jobs;
mod operations;
mod pairing;
mod run;
mod runtime;
mod server;
mod service;
mod shared;
mod status;
mod submit;
mod views;
mod worker;
