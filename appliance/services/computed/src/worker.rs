//! The thread that does the jobs, one after another, block by block; while there are none it computes obfuscators.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Instant;

use serde_json::json;
use zeroize::Zeroizing;

use crate::audit::Audit;
use crate::error::{ComputeError, RunError, chain};
use crate::exponents::Exponents;
use crate::job::Job;
use crate::jobs::Jobs;
use crate::layout::{Layout, layout};
use crate::limits;
use crate::program::Program;
use crate::program::inputs::ProgramInputs;
use crate::record::{Record, State};
use crate::result_file::{ResultFile, result_of};
use crate::runtime::Files;
use crate::tally::Tally;
use crate::work::Work;
use crate::workshop::{Watch, Workshop};

pub(crate) struct Worker {
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) workshop: Arc<Workshop>,
    pub(crate) audit: Audit,
    pub(crate) files: Files,
    pub(crate) tally: Arc<Tally>,
}

impl Worker {
    pub(crate) fn start(self) -> Result<thread::JoinHandle<()>, ComputeError> {
        thread::Builder::new().name("worker".into()).spawn(move || self.run()).map_err(ComputeError::Runtime)
    }

    fn run(self) {
        while !self.jobs.is_stopping() {
            match self.jobs.next(limits::IDLE) {
                Some(job) => self.one(&job),
                None => {
                    let Workshop { pool, engine, turns, .. } = &*self.workshop;
                    if let Err(e) = pool.fill(engine, turns, &|| self.jobs.wanted()) {
                        eprintln!("computed: obfuscators in idle time: {}", chain(&e));
                    }
                }
            }
        }
    }

    fn one(&self, job: &Arc<Job>) {
        if job.cancel.load(Ordering::Relaxed) {
            return self.end(job, State::Cancelled, None, "");
        }
        job.begin();
        // Counted before the work: what kills the service must not do so for ever.
        if let Err(e) = job.update(&self.files, |r| (r.state, r.attempts) = (State::Running, r.attempts + 1)) {
            return self.end(job, State::Failed, None, &format!("the box's disk: {e}"));
        }
        let stop = || job.cancel.load(Ordering::Relaxed) || self.jobs.is_stopping();
        let done = |steps: u64| job.step(steps);
        let started = Instant::now();
        match self.compute(job, &Watch { stop: &stop, done: &done }) {
            Ok(layout) => {
                let record = job.record();
                self.tally.add(record.spec.work.name(), "job", record.spec.items(), started.elapsed());
                self.end(job, State::Done, Some(&layout), "");
            }
            Err(e) if e.is_cancelled() && job.cancel.load(Ordering::Relaxed) => {
                self.end(job, State::Cancelled, None, "")
            }
            // Stopping: an orderly end is no failed attempt.
            Err(e) if e.is_cancelled() => {
                let laid_down = job.update(&self.files, |r| (r.state, r.attempts) = (State::Queued, r.attempts - 1));
                if let Err(e) = laid_down {
                    eprintln!("computed: laying down job {}: {e}", job.record().id);
                }
            }
            Err(e) => self.end(job, State::Failed, None, &chain(&e)),
        }
    }

    /// From the job's files to its result's file.
    fn compute(&self, job: &Job, watch: &Watch<'_>) -> Result<Layout, RunError> {
        let record = job.record();
        let (inputs, mut operand) = self.open(job, &record)?;
        let (spec, layout) = (inputs.spec.clone(), inputs.layout);
        // A factor's inverse, and what was blinded.
        let blind_bytes = 2 * layout.result_bytes();
        let blinds = matches!(spec.work, Work::RsaBlind { .. });
        if blinds {
            self.workshop.blinds.room(blind_bytes)?;
        }
        let mut program = Program::open(self.workshop.clone(), inputs)?;
        let mut result = ResultFile::create(job)?;
        let (mut left, block) = (spec.items() as usize, program.block_items());
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
            self.workshop.blinds.keep(&record.id, blind_bytes, program.into_blinds());
        }
        Ok(layout)
    }

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

    fn end(&self, job: &Job, state: State, outcome: Option<&Layout>, error: &str) {
        let change = |r: &mut Record| {
            (r.state, r.error, r.kept_bytes) = (state, error.to_string(), 0);
            if let Some(o) = outcome {
                (r.rows, r.columns, r.item_bytes) = (o.rows, o.columns, o.item_bytes as u32);
                r.kept_bytes = o.result_bytes();
            }
        };
        let record = job.record();
        // The line first: an end that is on the disk has its line, and a line twice after a power cut tells no lie.
        let action = match state {
            State::Done => "job done",
            State::Cancelled => "job cancelled",
            _ => "job failed",
        };
        let detail = json!({ "job": record.id, "engine": record.engine, "error": error });
        if let Err(e) = self.audit.record_blocking(&record.client, action, detail) {
            eprintln!("computed: the audit log: {e}");
        }
        if let Err(e) = job.update(&self.files, change) {
            eprintln!("computed: the end of job {}: {e}", record.id);
            job.set(|r| (r.state, r.error) = (State::Failed, format!("the box's disk: {e}")));
        }
        // Best effort: nobody needs them any more, and they go with the job at the latest.
        let _ = fs::remove_file(job.input());
        let _ = fs::remove_file(job.factors());
        let _ = fs::remove_file(job.exponents());
    }
}

/// A file beside the operand; nothing where there is none.
fn beside(path: &Path) -> Result<Zeroizing<Vec<u8>>, RunError> {
    match fs::read(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Zeroizing::default()),
        read => read.map(Zeroizing::new).map_err(RunError::Operand),
    }
}
