//! consoled: what people see of the box with a browser. It carries: who somebody is and what they may do is compared in keyd, by what
//! they show; who took this process over gets nothing that nobody signs in for, and holds no customer's key.
//!
//! A request passes the `listener` (who comes in), `connection` (TLS, bounds), `web` (limits, origin, the headers of every answer) and the
//! handler of its page (`set_up`, `sign_in`, `home`, `keys_page`, `clients_page`, `programs`, `people_page`, `audit_page`, `own_account`,
//! `attestation`), which asks keyd (`keyd`), reads the audit log (`log`), and fills a page in (`pages`, `texts`).
#![forbid(unsafe_code)]

mod ask;
mod attestation;
mod audit_page;
mod certificate;
mod chain;
mod clients_page;
mod connection;
mod console;
mod error;
mod facts;
mod fields;
mod home;
mod invitation;
mod keyd;
mod keys_page;
mod limits;
mod log;
mod log_search;
mod lost;
mod menu;
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
