//! The executor of homomorphic jobs: this box alone, block by block, in turns with the interactive batches.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::error::RunError;
use crate::executors::{Executor, Outcome};
use crate::exponents::Exponents;
use crate::job::Job;
use crate::jobs::Jobs;
use crate::layout::layout;
use crate::program::Program;
use crate::program::inputs::ProgramInputs;
use crate::record::{Kind, Record};
use crate::result_file::{ResultFile, result_of};
use crate::work::Work;
use crate::workshop::{Watch, Workshop};

pub(crate) struct Homomorphic {
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) workshop: Arc<Workshop>,
}

impl Executor for Homomorphic {
    fn kind(&self) -> Kind {
        Kind::Homomorphic
    }

    fn execute(&self, job: &Job, watch: &Watch<'_>) -> Result<Outcome, RunError> {
        let record = job.record();
        let (inputs, mut operand) = self.open(job, &record)?;
        let (items, layout) = (inputs.spec.items(), inputs.layout);
        // A factor's inverse, and what was blinded.
        let blind_bytes = 2 * layout.result_bytes();
        let blinds = matches!(inputs.spec.work, Work::RsaBlind { .. });
        if blinds {
            self.workshop.blinds.room(&record.client, blind_bytes)?;
        }
        let mut program = Program::open(self.workshop.clone(), inputs)?;
        let mut result = ResultFile::create(job)?;
        let (mut left, block) = (items as usize, program.block_items());
        while left > 0 {
            let items = block.min(left);
            let mut bytes = Zeroizing::new(vec![0; items * layout.operand_bytes]);
            operand.read_exact(&mut bytes).map_err(RunError::Operand)?;
            result.write(&program.step(&bytes, watch)?)?;
            left -= items;
        }
        result.write(&program.finish())?;
        job.set(|r| r.engine = program.used());
        result.finish(job)?;
        if blinds {
            self.workshop.blinds.keep(&record.client, &record.id, blind_bytes, program.into_blinds());
        }
        Ok(Outcome::Done(layout))
    }
}

impl Homomorphic {
    fn open(&self, job: &Job, record: &Record) -> Result<(ProgramInputs, File), RunError> {
        let spec = record.spec.clone();
        let find = |id: &str| self.workshop.keyd.find_blocking(id, &record.client);
        let key = spec.work.key_id().map(find).transpose().map_err(RunError::Keyd)?;
        let layout = layout(&spec, key.as_ref())?;
        let operand = match &spec.operand_job {
            Some(id) => result_of(&self.jobs, &record.client, id)?,
            None => File::open(job.input()).map_err(RunError::Operand)?,
        };
        let addend = match &spec.work {
            Work::Add { addend_job: Some(id), .. } => Some(result_of(&self.jobs, &record.client, id)?),
            _ => None,
        };
        let factors = beside(&job.factors())?;
        let exponents = beside(&job.exponents())?;
        let exponents = if exponents.is_empty() { None } else { Exponents::decode(exponents) };
        // What was sent was checked when the job was taken; what this box computed needs no second look.
        let client = record.client.clone();
        Ok((ProgramInputs { client, spec, layout, key, factors, exponents, addend, trusted: true }, operand))
    }
}

/// A file beside the operand; nothing where there is none.
fn beside(path: &Path) -> Result<Zeroizing<Vec<u8>>, RunError> {
    match fs::read(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Zeroizing::default()),
        read => read.map(Zeroizing::new).map_err(RunError::Operand),
    }
}
