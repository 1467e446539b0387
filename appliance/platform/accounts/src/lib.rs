//! Who the clients of a box are. Pure: time, certificates' serial numbers and files are other people's affair.
//!
//! A person is admitted by a [`PairingCode`], which is open for one name and one role ([`Accounts::open_code`]). The code is a key
//! ([`CodeKey`]): whoever has it signs for a certificate, and whoever only carries the request cannot. A certificate counts once
//! its client has used it ([`Accounts::confirm`]); until then its code stays good. A client proves what it wants with the key of
//! its certificate ([`statement`]), so that keyd need not believe the service that speaks for it.
#![forbid(unsafe_code)]

mod account;
mod accounts;
pub mod endpoints;
mod limiter;
mod pairing;
mod role;
pub mod statement;

pub use account::{Account, Certificate, ClientView};
pub use accounts::{Accounts, Admitted, Refused};
pub use limiter::Limiter;
pub use pairing::{CodeKey, PairingCode, PairingCodeError, pin_from_text, pin_of, pin_to_text};
pub use role::Role;
