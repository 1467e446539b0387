//! The simulator itself, with a protocol that a page holds: the parties tell each other their rows, a unit a row, and each
//! counts where they are equal. The core finds no flipped byte by itself: what is found, the session finds.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use bytes::Bytes;
use joint_simulator::{End, Fault, Schedule, Setup, Simulation, Trouble};
use party::{
    Answer, Batch, Channel, Checkpoint, Column, Expectation, Found, Frame, Input, Output, Party, Pile, ProtocolError,
    Summary, Unit, WorkResult,
};

const VALUES: Channel = Channel(1);
const OWN: Pile = Pile { kind: 0, number: 0 };
const ROWS: usize = 5;

#[derive(Default)]
struct Toy {
    rows: Vec<Bytes>,
    done: usize,
    equal: u64,
}

impl Toy {
    fn checkpoint(&self, unit: usize) -> Output {
        let state = [self.equal.to_le_bytes(), (self.done as u64).to_le_bytes()].concat().into();
        Output::Checkpoint(Checkpoint { unit: Unit(unit as u32), state })
    }

    fn send(&self) -> Vec<Output> {
        match self.rows.get(self.done) {
            Some(row) => {
                let unit = Unit(self.done as u32 + 1);
                vec![Output::Send(Frame { channel: VALUES, unit, bytes: row.clone() })]
            }
            None => {
                let own = self.rows.len() as u64;
                vec![Output::Done(Summary { own, others: own, common: Some(self.equal), withheld: None })]
            }
        }
    }
}

impl Party for Toy {
    fn advance(&mut self, input: Input) -> Result<Vec<Output>, ProtocolError> {
        match input {
            Input::Start { .. } => Ok(vec![Output::Read { at_most: ROWS }]),
            Input::Rows { batch, .. } => {
                let column = &batch.columns()[0];
                let bytes: Vec<u8> = (0..ROWS).flat_map(|row| column.get(row).unwrap().to_vec()).collect();
                let append = Output::Append { unit: Unit(0), pile: OWN, bytes: bytes.into() };
                Ok(vec![append, self.checkpoint(0), Output::Collect { pile: OWN }])
            }
            Input::Resume { from, .. } => {
                let read = |at: usize| u64::from_le_bytes(from.state[at..at + 8].try_into().unwrap());
                (self.equal, self.done) = (read(0), read(8) as usize);
                Ok(vec![Output::Collect { pile: OWN }])
            }
            Input::Collected { bytes, .. } => {
                assert_eq!(bytes.len(), ROWS, "what was appended, once");
                self.rows = (0..ROWS).map(|at| bytes.slice(at..=at)).collect();
                Ok(self.send())
            }
            Input::Frame(frame) => {
                self.equal += u64::from(frame.bytes == self.rows[self.done]);
                self.done += 1;
                let unit = Unit(self.done as u32);
                let answer = (self.done == ROWS).then_some(Output::Result { unit, answer: Answer::Count(self.equal) });
                Ok(answer.into_iter().chain([self.checkpoint(self.done)]).chain(self.send()).collect())
            }
            Input::Worked { .. } => Err(ProtocolError::fault("no work was given")),
        }
    }

    fn expects(&self, _: Channel) -> Expectation {
        if self.rows.is_empty() || self.done == ROWS {
            Expectation::Later { at_most: 1 }
        } else {
            Expectation::Now { at_most: 1 }
        }
    }
}

fn setup(values: &'static [u8; ROWS]) -> Setup<Toy> {
    Setup {
        core: Box::new(Toy::default),
        rows: Box::new(|from, at_most| {
            let column: Column = values[from..].iter().take(at_most).map(|value| [*value]).collect();
            (Batch::new(vec![column]).unwrap(), from + at_most >= ROWS)
        }),
        work: Box::new(|_| WorkResult::Points(Vec::new())),
    }
}

fn simulation() -> Simulation<Toy> {
    Simulation::new(setup(b"abcde"), setup(b"abXde"), [7; 32])
}

fn is_right(end: &End) -> bool {
    end.left == end.right && end.left.answers == [Answer::Count(4)] && end.left.summary.common == Some(4)
}

#[test]
fn ten_thousand_schedules_end_alike() {
    let quiet = simulation().run(&Schedule::quiet(1)).unwrap();
    assert!(is_right(&quiet), "{quiet:?}");
    let (mut attaches, mut most) = (0, 0);
    for seed in 0..10_000 {
        let mut simulation = simulation();
        let end = simulation.run(&Schedule::random(seed, 6, 60)).unwrap_or_else(|e| panic!("seed {seed}: {e:?}"));
        assert!(is_right(&end), "seed {seed}: {end:?}");
        attaches += simulation.attaches;
        most = most.max(simulation.attaches);
    }
    assert!(attaches > 20_000 && most >= 6, "{attaches} attaches, {most} at most: the faults did not happen");
}

#[test]
fn every_flipped_byte_is_named() {
    let mut quiet = simulation();
    quiet.run(&Schedule::quiet(5)).unwrap();
    for (frame, bytes) in quiet.delivered.iter().enumerate() {
        for byte in 0..*bytes {
            let fault = Fault::Flip { frame, byte, with: 1 << (byte % 8) };
            let trouble = simulation().run(&Schedule { seed: 5, faults: vec![fault] }).unwrap_err();
            let named = ProtocolError::Breach {
                stage: "the transcript",
                field: "a frame or one before it on its channel",
                found: Found::Differs,
            };
            assert!(
                matches!(&trouble, Trouble::Failed { error, .. } if *error == named),
                "{frame}, {byte}: {trouble:?}"
            );
        }
    }
    assert_eq!(quiet.delivered.len(), 4 + 2 * ROWS);
}

#[test]
fn a_frame_twice_is_named() {
    for frame in 0..4 + 2 * ROWS {
        let trouble = simulation().run(&Schedule { seed: 3, faults: vec![Fault::Duplicate { frame }] }).unwrap_err();
        let named = matches!(
            trouble,
            Trouble::Failed { error: ProtocolError::Breach { .. }, .. } | Trouble::Unexpected { at_most: Some(_), .. }
        );
        assert!(named, "{frame}: {trouble:?}");
    }
}
