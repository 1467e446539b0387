//! The card in the box's slot: a process that QEMU attaches as a PCI function.

use std::path::{Path, PathBuf};

use crate::HarnessError;
use crate::process::{Process, await_socket};

/// What is in the slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Card {
    #[default]
    None,
    /// The functional model, `program` being the built card-model.
    Model {
        program: PathBuf,
        /// A way to misbehave, from job number `after` on (`card-model --help`).
        fault: Option<String>,
        after: u64,
    },
}

impl Card {
    /// The model that cargo built into this folder (target/release), without a fault.
    pub fn model(binaries: &Path) -> Card {
        Card::Model { program: binaries.join("card-model"), fault: None, after: 0 }
    }

    /// The same card with a fault.
    #[must_use]
    pub fn with_fault(mut self, mode: &str, jobs: u64) -> Card {
        if let Card::Model { fault, after, .. } = &mut self {
            (*fault, *after) = (Some(mode.into()), jobs);
        }
        self
    }

    /// What a report says of it.
    pub fn kind(&self) -> &'static str {
        match self {
            Card::None => "none",
            Card::Model { .. } => "model",
        }
    }

    pub(crate) fn start(&self, socket: &Path, log: &Path) -> Result<Option<Process>, HarnessError> {
        let Card::Model { program, fault, after } = self else { return Ok(None) };
        let mut arguments = vec!["--log".into(), "--socket".into(), socket.display().to_string()];
        if let Some(fault) = fault {
            arguments.extend(["--fault".into(), fault.clone(), "--fault-after".into(), after.to_string()]);
        }
        let mut process = Process::start(&program.display().to_string(), &arguments, log, false)?;
        await_socket(&mut process, socket, log)?;
        Ok(Some(process))
    }
}
