//! One suite over every card that can be had without hardware. The process tests need the program of the crate
//! card-model: `cargo test -p card -p card-model` builds it.

#![expect(clippy::unwrap_used, reason = "a test's helpers may fail it like the test itself")]

mod in_process;
mod suite;
mod vfio_user;
mod vfio_user_client;
