//! The service's core against servers, in made-up time.
#![allow(clippy::unwrap_used, reason = "a test that cannot prepare fails")]

mod dhcp;
mod links;
mod support;
mod time;
