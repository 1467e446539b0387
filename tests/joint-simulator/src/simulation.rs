//! The two sides, step by step.

use party::{Channel, Expectation, Frame, Input, Party, ProtocolError, Role};
use session::JobDigest;

use crate::line::Line;
use crate::schedule::{Fault, Schedule, Side};
use crate::shell::{Finished, Obeyed, Setup, Shell};

/// Steps after which a simulation is taken for one that never ends.
const STEPS_MAX: usize = 100_000;

/// A run of two parties.
pub struct Simulation<C> {
    shells: [Shell<C>; 2],
    line: Line,
    random: fastrand::Rng,
    /// Lengths of the frames that were delivered, in their order.
    pub delivered: Vec<usize>,
    /// Number of times that the parties were built.
    pub attaches: usize,
}

/// How it ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub left: Finished,
    pub right: Finished,
    pub steps: usize,
}

/// How it ended otherwise.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("the {side:?} party failed at step {step}")]
    Failed {
        side: Side,
        step: usize,
        #[source]
        error: ProtocolError,
    },
    #[error("at step {step} nothing can happen, and the parties are not done")]
    Stuck { step: usize },
    #[error("the parties go on for ever")]
    Endless,
    #[error("at step {step} the {side:?} party was sent {found} bytes, and expects {at_most:?}")]
    Unexpected { side: Side, step: usize, found: usize, at_most: Option<usize> },
}

/// One thing that may happen next.
enum Event {
    Arrival(Side, Channel),
    Answer(Side, usize),
}

impl<C: Party> Simulation<C> {
    pub fn new(left: Setup<C>, right: Setup<C>, job: JobDigest) -> Simulation<C> {
        Simulation {
            shells: [Shell::new(left, Role::Left, job), Shell::new(right, Role::Right, job)],
            line: Line::default(),
            random: fastrand::Rng::new(),
            delivered: Vec::new(),
            attaches: 0,
        }
    }

    /// Runs both to their end, or to the first trouble.
    pub fn run(&mut self, schedule: &Schedule) -> Result<End, Trouble> {
        self.random = fastrand::Rng::with_seed(schedule.seed);
        self.attach(0)?;
        for step in 0..STEPS_MAX {
            for fault in &schedule.faults {
                match *fault {
                    Fault::Cut { step: at } if at == step => self.attach(step)?,
                    Fault::Crash { step: at, side } if at == step => self.shells[side as usize].doomed = true,
                    _ => {}
                }
            }
            let mut events = self.events();
            if events.is_empty() {
                return match Side::BOTH.map(|side| self.shells[side as usize].finished()) {
                    [Some(left), Some(right)] => Ok(End { left, right, steps: step }),
                    _ => Err(self.stuck(step)),
                };
            }
            match events.swap_remove(self.random.usize(..events.len())) {
                Event::Answer(side, at) => {
                    let input = self.shells[side as usize].ready.swap_remove(at);
                    self.advance(side, input, step)?;
                }
                Event::Arrival(side, channel) => {
                    let Some(mut frame) = self.line.take(side, channel) else { continue };
                    let number = self.delivered.len();
                    self.delivered.push(frame.bytes.len());
                    for fault in &schedule.faults {
                        match *fault {
                            Fault::Flip { frame: at, byte, with } if at == number => frame = flipped(frame, byte, with),
                            Fault::Duplicate { frame: at } if at == number => {
                                self.advance(side, Input::Frame(frame.clone()), step)?;
                            }
                            _ => {}
                        }
                    }
                    self.advance(side, Input::Frame(frame), step)?;
                }
            }
        }
        Err(Trouble::Endless)
    }

    /// Bytes that were delivered, without what carries frames.
    pub fn bytes(&self) -> usize {
        self.delivered.iter().sum()
    }

    fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for side in Side::BOTH {
            let shell = &self.shells[side as usize];
            events.extend((0..shell.ready.len()).map(|at| Event::Answer(side, at)));
            let Some(session) = shell.session() else { continue };
            for (channel, _) in self.line.waiting(side) {
                // Where nothing may come, what came is handed over, so that the party says so.
                if !matches!(session.expects(channel), Expectation::Later { .. }) {
                    events.push(Event::Arrival(side, channel));
                }
            }
        }
        events
    }

    /// Both are built anew, on a new line.
    fn attach(&mut self, step: usize) -> Result<(), Trouble> {
        self.line.cut();
        self.attaches += 1;
        for side in Side::BOTH {
            let obeyed = self.shells[side as usize].start(&mut self.random);
            self.obeyed(side, obeyed, step)?;
        }
        Ok(())
    }

    fn advance(&mut self, side: Side, input: Input, step: usize) -> Result<(), Trouble> {
        let shell = &mut self.shells[side as usize];
        if let (Input::Frame(frame), Some(session)) = (&input, shell.session()) {
            // What a shell does before it takes memory.
            let (found, at_most) = (frame.bytes.len(), session.expects(frame.channel).at_most());
            if at_most.is_some_and(|at_most| found > at_most) {
                return Err(Trouble::Unexpected { side, step, found, at_most });
            }
        }
        let obeyed = shell.advance(input);
        self.obeyed(side, obeyed, step)
    }

    fn obeyed(&mut self, side: Side, obeyed: Result<Obeyed, ProtocolError>, step: usize) -> Result<(), Trouble> {
        match obeyed.map_err(|error| Trouble::Failed { side, step, error })? {
            Obeyed::Frames(frames) => {
                frames.into_iter().for_each(|frame| self.line.send(side.other(), frame));
                Ok(())
            }
            Obeyed::Crashed => self.attach(step),
        }
    }

    /// A frame that is too long to be held waits for ever: that is its trouble, and not that nothing happens.
    fn stuck(&self, step: usize) -> Trouble {
        for side in Side::BOTH {
            for (channel, frame) in self.line.waiting(side) {
                let at_most = self.shells[side as usize].session().and_then(|s| s.expects(channel).at_most());
                let found = frame.bytes.len();
                if at_most.is_none_or(|at_most| found > at_most) {
                    return Trouble::Unexpected { side, step, found, at_most };
                }
            }
        }
        Trouble::Stuck { step }
    }
}

fn flipped(frame: Frame, byte: usize, with: u8) -> Frame {
    let mut bytes = frame.bytes.to_vec();
    if let Some(byte) = bytes.get_mut(byte) {
        *byte ^= with;
    }
    Frame { bytes: bytes.into(), ..frame }
}
