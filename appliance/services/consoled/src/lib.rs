//! consoled: what people see of the box with a browser. It carries: who somebody is and what they may do is compared in keyd, by what
//! they show; who took this process over gets nothing that nobody signs in for, and holds no customer's key.
//!
//! A request passes the `listener` (who comes in), `connection` (TLS, bounds), `web` (limits, origin, the headers of every answer) and the
//! handler of its page (`set_up`, `sign_in`, `home`, `programs`, `people_page`, `own_account`, `attestation`), which asks keyd (`keyd`) and fills a page in (`pages`, `texts`).
#![forbid(unsafe_code)]

mod ask;
mod attestation;
mod certificate;
mod connection;
mod console;
mod error;
mod facts;
mod fields;
mod home;
mod invitation;
mod keyd;
mod limits;
mod lost;
mod own_account;
mod people_page;
mod problems;
mod programs;
mod run;
mod set_up;
mod sign_in;
mod steps;
mod visitor;
mod web;

pub use error::ConsoleError;
pub use run::{RunningConsole, Start, start};
