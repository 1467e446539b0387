//! A service's process as its supervisor has it: started from its row of the service table, heard within bounds, told what to do.
//! What comes out of it is printable, short, no more than a person can read, and nothing that the row does not allow.
#![forbid(unsafe_code)]

mod exit;
mod hearing;
mod kernel_log;
mod process;
mod speech;

pub use hearing::{Heard, Hearing};
pub use process::{ServiceProcess, Spawned, StartError, WAIT, spawn};
