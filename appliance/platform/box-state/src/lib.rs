//! The states that a box can be in, and every reason for them, with its words. The supervisor owns the state; services are told.
//!
//! Pure: facts come in as [`Event`]s, and what is to be said comes out.
#![forbid(unsafe_code)]

mod code;
pub mod handbook;
mod reason;
mod situation;
mod state;
mod words;

pub use code::{Code, Severity};
pub use reason::{Language, Reason};
pub use situation::{Event, Situation, TABLE, TableRow};
pub use state::BoxState;
pub use words::Words;
