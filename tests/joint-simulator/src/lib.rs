//! Two parties of a joint protocol in one thread, on a line and with disks that fail as a schedule says.
//!
//! One step does one thing that could happen next: a frame arrives, a piece of work, a read or a pile is ready. Which one, a seed
//! decides, so that delays and every order between channels and answers occur. What goes wrong is a [`Fault`]:
//! - `Cut`: the line breaks, frames on their way are lost, both parties are built anew from what they wrote;
//! - `Crash`: the same, where one side stops at its next checkpoint: that is written, and nothing that it gave after it happens;
//! - `Flip`, `Duplicate`: below the session, what the link and TLS let nobody do.
//!
//! The link lets no frame through twice, and keeps the order on a channel: so does the line here.
#![forbid(unsafe_code)]

pub use schedule::{Fault, Schedule, Side};
pub use shell::{Finished, Setup, Worker};
pub use simulation::{End, Simulation, Trouble};

mod line;
mod schedule;
mod shell;
mod simulation;
