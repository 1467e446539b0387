//! A job's or an interactive batch's operation with its key and its factors, done block by block.

use std::sync::Arc;

use he::rsa::BlindingFactors;
use zeroize::Zeroizing;

use crate::error::RunError;
use crate::program::computation::Computation;
use crate::program::inputs::{ProgramInputs, block_items};
pub(crate) use crate::program::key::group_of;
use crate::program::key::{Held, Key};
use crate::work::Work;
use crate::workshop::{EnginesUsed, Watch, Workshop};

mod additive;
mod computation;
mod group_powers;
pub(crate) mod inputs;
mod key;
mod modexp;
mod packed;
mod paillier;
mod rsa_steps;
mod small_plaintexts;

pub(crate) struct Program {
    computation: Computation,
    held: Option<Held>,
}

impl Program {
    /// Leases the key; for threads that are no part of a runtime.
    pub(crate) fn open(workshop: Arc<Workshop>, inputs: ProgramInputs) -> Result<Program, RunError> {
        let (key, held) = Key::of(&workshop, &inputs)?;
        let blinds = match &inputs.spec.work {
            Work::RsaUnblind { blind_job, .. } => workshop.blinds.take(blind_job)?.into(),
            _ => Default::default(),
        };
        let (sums, used) = (Vec::new(), EnginesUsed::default());
        Ok(Program { computation: Computation { workshop, inputs, key, next: 0, sums, blinds, used }, held })
    }

    /// Items of the operand in a block: whole rows where rows belong together.
    pub(crate) fn block_items(&self) -> usize {
        block_items(&self.computation.inputs.spec, &self.computation.inputs.layout)
    }

    /// Does the next block; what it gives of the result, if it gives anything yet.
    pub(crate) fn step(&mut self, block: &[u8], watch: &Watch<'_>) -> Result<Zeroizing<Vec<u8>>, RunError> {
        if self.held.as_ref().is_some_and(Held::is_over) {
            (self.computation.key, self.held) = Key::of(&self.computation.workshop, &self.computation.inputs)?;
        }
        let result = match &self.computation.key {
            Key::Paillier { .. } => self.computation.paillier(block, watch),
            Key::Rsa { .. } => self.computation.rsa(block, watch),
            Key::OkamotoUchiyama { .. } => self.computation.okamoto_uchiyama(block, watch),
            Key::ElGamal { .. } => self.computation.elgamal(block, watch),
            Key::DiffieHellman { .. } => self.computation.group_powers(block, watch),
            Key::None(_) => self.computation.modexp(block, watch),
        };
        let result = result.map_err(|e| e.counted_from(self.computation.next))?;
        self.computation.next += block.len() / self.computation.inputs.layout.operand_bytes;
        Ok(result)
    }

    /// What is left to give after the last block.
    pub(crate) fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        let sums = self.computation.sums.drain(..).flatten().flatten();
        Zeroizing::new(sums.collect())
    }

    /// After a blinding: its factors.
    pub(crate) fn into_blinds(self) -> Vec<BlindingFactors> {
        self.computation.blinds.into()
    }

    /// What it ran on so far.
    pub(crate) fn used(&self) -> String {
        self.computation.used.name(self.computation.workshop.engine.cpu().unit().name())
    }
}
