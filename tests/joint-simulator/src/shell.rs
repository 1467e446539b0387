//! One side: what obeys a party.

use std::collections::BTreeMap;

use bytes::Bytes;
use party::{
    Answer, Batch, Checkpoint, Frame, Input, Output, Party, Pile, ProtocolError, Role, Seed, Summary, Unit, Work,
    WorkResult,
};
use secrets::Secret;
use session::{JobDigest, Session};

/// Does the work of cores.
pub type Worker = Box<dyn Fn(&Work) -> WorkResult>;

/// How a side is built, and anew after each failure.
pub struct Setup<C> {
    pub core: Box<dyn Fn() -> C>,
    /// The rows `from..from + at_most` of the data set, and whether there are no more.
    pub rows: Box<dyn Fn(usize, usize) -> (Batch, bool)>,
    pub work: Worker,
}

/// What a side has in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    pub answers: Vec<Answer>,
    pub summary: Summary,
    pub digest: [u8; 32],
    /// The most bytes that a pile which was collected had.
    pub largest_pile: usize,
}

/// What lives on after a crash.
#[derive(Default)]
struct Disk {
    checkpoints: Vec<Checkpoint>,
    piles: BTreeMap<Pile, Vec<(Unit, Bytes)>>,
    answers: Vec<(Unit, Answer)>,
}

pub(crate) struct Shell<C> {
    setup: Setup<C>,
    role: Role,
    job: JobDigest,
    session: Option<Session<C>>,
    disk: Disk,
    next_row: usize,
    /// Answers that the party waits for.
    pub(crate) ready: Vec<Input>,
    pub(crate) done: Option<Summary>,
    /// Stops after the next checkpoint.
    pub(crate) doomed: bool,
    largest_pile: usize,
}

/// What obeying came to.
pub(crate) enum Obeyed {
    Frames(Vec<Frame>),
    Crashed,
}

impl<C: Party> Shell<C> {
    pub(crate) fn new(setup: Setup<C>, role: Role, job: JobDigest) -> Shell<C> {
        Shell {
            setup,
            role,
            job,
            session: None,
            disk: Disk::default(),
            next_row: 0,
            ready: Vec::new(),
            done: None,
            doomed: false,
            largest_pile: 0,
        }
    }

    pub(crate) fn session(&self) -> Option<&Session<C>> {
        self.session.as_ref()
    }

    /// Builds the party from what is on the disk, and starts it.
    pub(crate) fn start(&mut self, seed: &mut fastrand::Rng) -> Result<Obeyed, ProtocolError> {
        let core = (self.setup.core)();
        self.session = Some(Session::new(core, self.role, self.job, self.disk.checkpoints.clone()));
        self.ready.clear();
        (self.next_row, self.done, self.doomed) = (0, None, false);
        let bytes = std::iter::repeat_with(|| seed.u8(..)).take(Seed::BYTES).collect();
        let seed = Seed::new(Secret::new(bytes)).ok_or(ProtocolError::fault("a seed's length"))?;
        self.advance(Input::Start { seed })
    }

    pub(crate) fn advance(&mut self, input: Input) -> Result<Obeyed, ProtocolError> {
        let session = self.session.as_mut().ok_or(ProtocolError::fault("not started"))?;
        let mut frames = Vec::new();
        for output in session.advance(input)? {
            if let Output::Checkpoint(checkpoint) = output {
                self.disk.write(checkpoint);
                if self.doomed {
                    return Ok(Obeyed::Crashed);
                }
            } else {
                self.obey(output, &mut frames);
            }
        }
        Ok(Obeyed::Frames(frames))
    }

    fn obey(&mut self, output: Output, frames: &mut Vec<Frame>) {
        match output {
            Output::Send(frame) => frames.push(frame),
            Output::Read { at_most } => {
                let (batch, last) = (self.setup.rows)(self.next_row, at_most);
                self.next_row += batch.rows();
                self.ready.push(Input::Rows { batch, last });
            }
            Output::Work { ticket, work } => {
                self.ready.push(Input::Worked { ticket, result: (self.setup.work)(&work) });
            }
            Output::Append { unit, pile, bytes } => self.disk.piles.entry(pile).or_default().push((unit, bytes)),
            Output::Collect { pile } => {
                let parts = self.disk.piles.get(&pile).into_iter().flatten();
                let bytes: Vec<u8> = parts.flat_map(|(_, bytes)| bytes.iter().copied()).collect();
                self.largest_pile = self.largest_pile.max(bytes.len());
                self.ready.push(Input::Collected { pile, bytes: bytes.into() });
            }
            Output::Checkpoint(checkpoint) => self.disk.write(checkpoint),
            Output::Restore { units } => self.disk.restore(units as usize),
            Output::Result { unit, answer } => self.disk.answers.push((unit, answer)),
            Output::Done(summary) => self.done = Some(summary),
        }
    }

    pub(crate) fn finished(&self) -> Option<Finished> {
        let session = self.session.as_ref()?;
        let answers = self.disk.answers.iter().map(|(_, answer)| answer.clone()).collect();
        Some(Finished { answers, summary: self.done?, digest: session.digest(), largest_pile: self.largest_pile })
    }
}

impl Disk {
    fn write(&mut self, checkpoint: Checkpoint) {
        self.checkpoints.push(checkpoint);
    }

    fn restore(&mut self, units: usize) {
        let kept = |unit: Unit| (unit.0 as usize) < units;
        self.checkpoints.truncate(units);
        self.answers.retain(|(unit, _)| kept(*unit));
        self.piles.values_mut().for_each(|parts| parts.retain(|(unit, _)| kept(*unit)));
    }
}
