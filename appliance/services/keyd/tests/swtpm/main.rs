//! keyd against a software TPM, with openssl as the vendor and tpm2-tools as a second opinion.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod backups;
mod between;
mod boot;
mod clients;
mod console;
mod damage;
mod destroyed;
mod early;
mod evidence;
mod holdings;
mod limits;
mod lockout;
mod memory;
mod people;
mod pin;
mod plans;
mod quotes;
mod replaced;
mod sealing;
mod served;
mod serving;
mod support;
mod thief;
mod unsealing;
