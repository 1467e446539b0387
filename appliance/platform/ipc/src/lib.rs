//! The typed messages between the supervisor and the services, and the channels they travel on.
//!
//! A service is started with one socket, at [`CONTROL_FD`], to the supervisor ([`control`]). By it the supervisor passes every
//! other channel and descriptor that the service table grants. One message is one packet. Between services a request carries a
//! number and so does its reply ([`Caller`], [`serve`]), so that slow answers hold up no quick ones.
#![forbid(unsafe_code)]

pub mod auditd;
pub mod bounded;
pub mod channel;
pub mod control;
pub mod early;
pub mod keyd;
pub mod people;

mod address;
mod approvals;
mod caller;
mod envelope;
mod holdings;
mod keyd_calls;
mod keys;
mod links;
mod refusal;
mod serving;
mod startup;

pub use bounded::{Bytes, List, Name, Text, TooLong};
pub use caller::{Answer, CallError, CallId, Caller};
pub use channel::{Channel, ChannelError};
pub use serving::{Call, Outbox, Peer, Responder, Service, serve};
pub use startup::{Instruction, Startup, StartupError, instruction};

/// The descriptor at which every service finds its channel to the supervisor.
pub const CONTROL_FD: i32 = 3;
