//! Intersection by commuting products of points.

use party::{
    Answer, Channel, Checkpoint, Expectation, Found, Frame, Input, Output, Party, ProtocolError, Role, Scalar, Seed,
    Summary, Withheld,
};

use crate::terms::{Reveal, Terms};
use context::{Context, GATE, LISTS, NUMBERS, POINTS, SIZES, State, check_unit, send, unexpected};
use exchange::Exchange;
use gather::Gather;
use layout::{Layout, Part, check_size, pile_max};
use lists::Lists;
use numbers::Numbers;
use rows::Rows;

mod context;
mod exchange;
mod gate;
mod gather;
mod layout;
mod lists;
mod numbers;
mod rows;

/// Bytes of a side's size.
const SIZE: usize = 8;

/// One party's core. Semi-honest: a partner that departs from the protocol learns nothing more than it would by choosing its items,
/// and can make the result wrong.
pub struct Ecdh {
    context: Context,
    state: State,
    layout: Layout,
    stage: Stage,
}

enum Stage {
    Idle,
    Gather(Gather),
    Sizes,
    Exchange(Exchange),
    Lists(Lists),
    Gate,
    Numbers(Numbers),
    Rows(Rows),
    Over,
}

impl Ecdh {
    /// `scalar` is the job's, and stays the same when a job resumes; `rows` is the number of rows of the own snapshot.
    pub fn new(terms: Terms, role: Role, job: [u8; 32], scalar: Scalar, rows: u64) -> Ecdh {
        let layout = Layout::new(&terms, 0, 0);
        let context = Context::new(terms, role, job, scalar, rows);
        Ecdh { context, state: State::default(), layout, stage: Stage::Idle }
    }

    fn start(&mut self, seed: &Seed, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        let (gather, outputs) = Gather::start(&self.context, seed)?;
        out.extend(outputs);
        self.stage = Stage::Gather(gather);
        Ok(())
    }

    fn resume(&mut self, from: &Checkpoint, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        self.state = State::read(&from.state)?;
        self.layout = Layout::new(&self.context.terms, self.state.own, self.state.theirs);
        let next = from.unit.next();
        // Where nobody's items are common knowledge yet, units beyond the sizes have no meaning.
        match self.layout.part(next) {
            Part::Gather => Err(ProtocolError::fault("a checkpoint before the first")),
            Part::Sizes => self.sizes(out),
            Part::Batch(k) => {
                self.stage = Stage::Exchange(Exchange::new(self.layout, k));
                self.go_on(out)
            }
            Part::List(p) => {
                self.stage = Stage::Lists(Lists::new(&self.context, self.layout, p, self.state.common));
                self.go_on(out)
            }
            Part::Gate => self.gate(out),
            Part::Numbers(0) if !self.reveals_rows() => self.finish(out),
            Part::Numbers(p) => {
                self.stage = Stage::Numbers(Numbers::new(&self.context, self.layout, p, &self.state));
                self.go_on(out)
            }
            Part::Rows if next == self.layout.unit(Part::Rows) => self.rows(out),
            Part::Rows => self.finish(out),
        }
    }

    fn sizes(&mut self, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        self.stage = Stage::Sizes;
        let unit = self.layout.unit(Part::Sizes);
        out.push(send(SIZES, unit, self.state.own.to_le_bytes().to_vec()));
        Ok(())
    }

    fn take_size(&mut self, frame: &Frame, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        const STAGE: &str = "the exchange of sizes";
        let unit = self.layout.unit(Part::Sizes);
        check_unit(frame, unit, STAGE)?;
        let breach = |field, found| ProtocolError::Breach { stage: STAGE, field, found };
        let bytes: [u8; SIZE] =
            frame.bytes.as_ref().try_into().map_err(|_| {
                breach("length of the size", Found::Length { found: frame.bytes.len(), expected: SIZE })
            })?;
        let theirs = u64::from_le_bytes(bytes);
        check_size(&self.context.terms, theirs).map_err(|found| breach("number of items", found))?;
        if self.context.terms.padded(theirs) != theirs {
            return Err(breach(
                "number of items",
                Found::TooSmall { found: theirs, at_least: self.context.terms.padded(theirs) },
            ));
        }
        self.state.theirs = theirs;
        self.layout = Layout::new(&self.context.terms, self.state.own, theirs);
        out.push(self.state.checkpoint(unit));
        self.stage = Stage::Exchange(Exchange::new(self.layout, 0));
        self.go_on(out)
    }

    /// On through all stages that are done.
    fn go_on(&mut self, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        let is_done = match &mut self.stage {
            Stage::Exchange(exchange) => exchange.go_on(out),
            Stage::Lists(lists) => lists.go_on(out),
            Stage::Numbers(numbers) => numbers.go_on(out)?,
            Stage::Rows(rows) => rows.is_done(),
            _ => false,
        };
        if !is_done {
            return Ok(());
        }
        match &self.stage {
            Stage::Exchange(_) => {
                self.stage = Stage::Lists(Lists::new(&self.context, self.layout, 0, 0));
                self.go_on(out)
            }
            Stage::Lists(lists) => {
                self.state.common = lists.common;
                self.gate(out)
            }
            Stage::Numbers(_) => self.rows(out),
            _ => {
                self.state.ranked = self.state.common;
                out.push(self.state.checkpoint(self.layout.unit(Part::Rows)));
                self.finish(out)
            }
        }
    }

    fn gate(&mut self, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        self.stage = Stage::Gate;
        if self.context.receives() {
            let count = self.state.common.to_le_bytes().to_vec();
            out.push(send(GATE, self.layout.unit(Part::Gate), count));
        }
        if self.context.other_receives() { Ok(()) } else { self.pass(None, out) }
    }

    /// Both know the count.
    fn pass(&mut self, theirs: Option<u64>, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        let own = self.context.receives().then_some(self.state.common);
        self.state.common = gate::agree(own, theirs)?;
        let unit = self.layout.unit(Part::Gate);
        out.push(Output::Result { unit, answer: Answer::Count(self.state.common) });
        out.push(self.state.checkpoint(unit));
        if !self.reveals_rows() {
            return self.finish(out);
        }
        self.stage = Stage::Numbers(Numbers::new(&self.context, self.layout, 0, &self.state));
        self.go_on(out)
    }

    fn rows(&mut self, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        if !self.context.receives() {
            out.push(self.state.checkpoint(self.layout.unit(Part::Rows)));
            return self.finish(out);
        }
        self.stage = Stage::Rows(Rows::start(self.layout, self.state.common, out));
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<Output>) -> Result<(), ProtocolError> {
        self.stage = Stage::Over;
        let State { own, theirs, common, .. } = self.state;
        let withheld = self.withheld().filter(|_| self.context.terms.reveal == Reveal::Rows);
        out.push(Output::Done(Summary { own, others: theirs, common: Some(common), withheld }));
        Ok(())
    }

    fn withheld(&self) -> Option<Withheld> {
        gate::withheld(&self.context, &self.layout, self.state.common)
    }

    fn reveals_rows(&self) -> bool {
        self.context.terms.reveal == Reveal::Rows && self.withheld().is_none()
    }
}

impl Party for Ecdh {
    fn advance(&mut self, input: Input) -> Result<Vec<Output>, ProtocolError> {
        let mut out = Vec::new();
        match (&mut self.stage, input) {
            (Stage::Idle, Input::Start { seed }) => self.start(&seed, &mut out)?,
            (Stage::Idle, Input::Resume { from, .. }) => self.resume(&from, &mut out)?,
            (Stage::Gather(gather), input) => {
                if let Some(items) = gather.advance(&self.context, input, &mut out)? {
                    self.state.own = items;
                    self.sizes(&mut out)?;
                }
            }
            (Stage::Sizes, Input::Frame(frame)) if frame.channel == SIZES => self.take_size(&frame, &mut out)?,
            (Stage::Exchange(exchange), input) => exchange.advance(&mut self.context, input, &mut out)?,
            (Stage::Lists(lists), input) => lists.advance(input)?,
            (Stage::Gate, Input::Frame(frame)) => {
                let theirs = gate::read(&self.layout, &frame)?;
                self.pass(Some(theirs), &mut out)?;
            }
            (Stage::Numbers(numbers), input) => numbers.advance(input)?,
            (Stage::Rows(rows), input) => rows.advance(input, &mut out)?,
            _ => return Err(unexpected()),
        }
        self.go_on(&mut out)?;
        Ok(out)
    }

    fn expects(&self, channel: Channel) -> Expectation {
        // Of stages to come, which the other side may have reached: what they take at most.
        let terms = &self.context.terms;
        match (channel, &self.stage) {
            (SIZES, Stage::Sizes) => Expectation::Now { at_most: SIZE },
            (SIZES, Stage::Idle | Stage::Gather(_)) => Expectation::Later { at_most: SIZE },
            (POINTS, Stage::Exchange(exchange)) => exchange.expects(),
            (POINTS, Stage::Idle | Stage::Gather(_) | Stage::Sizes) => Expectation::Later { at_most: terms.batch * 32 },
            (LISTS, Stage::Lists(lists)) => lists.expects(),
            (NUMBERS, Stage::Numbers(numbers)) => numbers.expects(),
            (GATE, Stage::Gate) if self.context.other_receives() => Expectation::Now { at_most: gate::BYTES },
            (GATE, stage) if stage.is_before_gate() => Expectation::Later { at_most: gate::BYTES },
            (LISTS, stage) if stage.is_before_gate() => Expectation::Later { at_most: pile_max(terms.pile) * 20 },
            (NUMBERS, stage) if stage.is_before_gate() || matches!(stage, Stage::Gate) => {
                Expectation::Later { at_most: pile_max(terms.pile) * 8 }
            }
            _ => Expectation::Never,
        }
    }
}

impl Stage {
    fn is_before_gate(&self) -> bool {
        matches!(self, Stage::Idle | Stage::Gather(_) | Stage::Sizes | Stage::Exchange(_) | Stage::Lists(_))
    }
}
