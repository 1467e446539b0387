//! The card in the box's slot: a process that QEMU attaches as a PCI function.

use std::path::{Path, PathBuf};

use crate::HarnessError;
use crate::process::{Process, await_socket};

/// What is in the slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Card {
    #[default]
    None,
    Simulated(Simulated),
}

/// A program that simulates a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    kind: Kind,
    program: PathBuf,
    /// What it is told of a way to misbehave (`card-model --help`, `card-rtl --help`).
    fault: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Model,
    Rtl,
}

impl Card {
    /// The functional model that cargo built into this folder (target/release), without a fault.
    pub fn model(binaries: &Path) -> Card {
        Card::Simulated(Simulated { kind: Kind::Model, program: binaries.join("card-model"), fault: Vec::new() })
    }

    /// The card's RTL in simulation.
    pub fn rtl(binaries: &Path) -> Card {
        Card::Simulated(Simulated { kind: Kind::Rtl, program: binaries.join("card-rtl"), fault: Vec::new() })
    }

    /// The same card with a fault after so many jobs, which stays.
    #[must_use]
    pub fn with_fault(mut self, mode: &str, jobs: u64) -> Card {
        if let Card::Simulated(card) = &mut self {
            card.fault = vec!["--fault".into(), mode.into(), "--fault-after".into(), jobs.to_string()];
        }
        self
    }

    /// The same, but the fault passes: it spoils so many jobs of the model, and does not outlast a reset of the RTL.
    #[must_use]
    pub fn with_passing_fault(self, mode: &str, jobs: u64, times: u64) -> Card {
        let mut card = self.with_fault(mode, jobs);
        if let Card::Simulated(card) = &mut card {
            card.fault.extend(match card.kind {
                Kind::Model => ["--fault-times".into(), times.to_string()],
                Kind::Rtl => ["--fault-resets".into(), "0".into()],
            });
        }
        card
    }

    /// What a report says of it.
    pub fn kind(&self) -> &'static str {
        match self {
            Card::None => "none",
            Card::Simulated(Simulated { kind: Kind::Model, .. }) => "model",
            Card::Simulated(Simulated { kind: Kind::Rtl, .. }) => "rtl",
        }
    }

    pub(crate) fn start(&self, socket: &Path, log: &Path) -> Result<Option<Process>, HarnessError> {
        let Card::Simulated(card) = self else { return Ok(None) };
        let mut arguments = vec!["--log".into(), "--socket".into(), socket.display().to_string()];
        arguments.extend(card.fault.iter().cloned());
        let mut process = Process::start(&card.program.display().to_string(), &arguments, log, false)?;
        await_socket(&mut process, socket, log)?;
        Ok(Some(process))
    }
}
