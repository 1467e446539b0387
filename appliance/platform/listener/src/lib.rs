//! A port of a service: places for connections, shared out so that no stranger takes them all, and streams that end in silence.
//! What is spoken on a connection is its service's affair.
#![forbid(unsafe_code)]

mod accepting;
mod doors;
mod hall;
mod silence;

pub use accepting::{ListenError, listen, serve};
pub use doors::{Places, household};
pub use hall::{Guest, Hangup, OpenCall};
pub use silence::Watched;
