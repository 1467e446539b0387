//! Starts a box in the emulator: TPM, card, QEMU, console, power. `scripts/run` and the end-to-end tests use it and nothing else.
//!
//! ```no_run
//! # use std::{path::Path, time::Duration};
//! # fn main() -> Result<(), harness::HarnessError> {
//! let settings = harness::Machine::settings(Path::new("target/image/dev"), Path::new("target/work"));
//! let mut machine = settings.start()?;
//! machine.console().wait_for("coffer: ready", Duration::from_secs(60))?;
//! machine.power_cut();
//! # Ok(())
//! # }
//! ```
//! The disk, the TPM's state and the firmware's variables stay in the work folder: starting again is a reboot of the same box.
//! Every process that was started ends with the [`Machine`], or with this process, however it ends.
#![forbid(unsafe_code)]

mod card;
pub mod client;
mod console;
pub mod disk;
mod error;
pub mod firmware;
mod machine;
mod process;
mod qmp;
pub mod report;
pub mod run;
mod settings;
pub mod table;
mod tpm;
pub mod tpm_log;
pub mod write_log;

pub use card::Card;
pub use console::Console;
pub use error::HarnessError;
pub use machine::{Machine, Ports};
pub use settings::{Network, Settings};
