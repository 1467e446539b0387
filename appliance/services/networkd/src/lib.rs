//! The network service. It alone reads what strangers on the network send before anything is encrypted; it has a socket for that,
//! a file, and nothing else. Pure but for `main.rs`, which does the reading and writing.
#![forbid(unsafe_code)]

mod client;
mod link;
pub mod settings;

pub use client::{Change, Client};
