//! The network service. It alone reads what strangers on the network send before anything is encrypted; it has sockets for that,
//! a file, and nothing else. Pure but for `main.rs` and `shell.rs`, which do the reading and writing.
#![forbid(unsafe_code)]

mod ack;
mod client;
mod clock;
mod conflict;
mod decline;
mod frames;
mod network;
mod port;
pub mod settings;
mod time;

pub use client::{Change, Client};
pub use clock::Clock;
pub use network::{Action, Network};
