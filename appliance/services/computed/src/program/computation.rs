//! A program while it runs: its inputs, its key, and what its blocks leave for later ones.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;

use he::rsa::BlindingFactors;

use crate::error::RunError;
use crate::program::inputs::ProgramInputs;
use crate::program::key::Key;
use crate::workshop::{EnginesUsed, Workshop};

pub(crate) struct Computation {
    pub(crate) workshop: Arc<Workshop>,
    pub(crate) inputs: ProgramInputs,
    pub(crate) key: Key,
    /// Items of the operand that are done.
    pub(crate) next: usize,
    /// What is added up, in groups of the result's rows: ciphertexts, as they are sent.
    pub(crate) sums: Vec<Option<Vec<u8>>>,
    /// Made by a blinding, or used up by an unblinding, a block each.
    pub(crate) blinds: VecDeque<BlindingFactors>,
    pub(crate) used: EnginesUsed,
}

impl Computation {
    /// The next bytes of the addend.
    pub(crate) fn beside(&mut self, bytes: usize) -> Result<Vec<u8>, RunError> {
        let mut beside = vec![0; bytes];
        let file = self.inputs.addend.as_mut().ok_or(RunError::NoKey)?;
        file.read_exact(&mut beside).map_err(RunError::Operand)?;
        Ok(beside)
    }
}
