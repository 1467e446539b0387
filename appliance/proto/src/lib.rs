//! coffer.v1: the network interface of a Coffer box, generated from `proto/coffer/v1/coffer.proto`, which documents it.
#![forbid(unsafe_code)]

pub mod v1 {
    #![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]
    tonic::include_proto!("coffer.v1");
}

/// The only version of [`v1::JobHeader`] there is.
pub const HEADER_VERSION: u32 = 1;
/// The service's ports.
pub const PORT: u16 = 9443;
pub const ENROL_PORT: u16 = 9444;
/// The name in the service's certificate.
pub const SERVER_NAME: &str = "coffer";

pub mod pairing;
