//! The typed messages between the supervisor and the services, and the channel they travel on.
//!
//! Every service is started with two sockets at fixed descriptors: [`CONTROL_FD`] to the supervisor and [`PEER_FD`] between keyd and
//! its one client, computed. One message is one packet; one request has one reply, in order.
#![forbid(unsafe_code)]

pub mod channel;
pub mod control;
pub mod early;
pub mod keyd;

pub use channel::{Channel, ChannelError};

/// The descriptor at which every service finds its channel to the supervisor ([`control`]).
pub const CONTROL_FD: i32 = 3;
/// The descriptor at which keyd and computed find their channel to each other ([`keyd`]).
pub const PEER_FD: i32 = 4;
