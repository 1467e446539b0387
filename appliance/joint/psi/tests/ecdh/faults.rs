//! Cuts, crashes, delays, and flipped bytes.

use std::collections::{BTreeMap, VecDeque};

use curve_lanes::Unit;
use joint_simulator::{Fault, Schedule, Trouble};
use party::{Answer, Channel, Expectation, Found, Frame, Input, Output, Party, Pile, ProtocolError, Role, Seed, Suite};
use psi::{Recipient, Terms};
use secrets::Secret;

use super::support::{core, expected, is_right, numbers, rows, simulation, terms};

#[test]
fn ten_thousand_schedules_end_alike() {
    let (left, right) = (numbers(0..7), numbers(4..9));
    let terms = Terms { suite: Suite::Curve25519Direct, ..terms() };
    let (mut attaches, mut steps) = (0, 0);
    for seed in 0..10_000 {
        let mut simulation = simulation(&terms, &left, &right);
        let end = simulation.run(&Schedule::random(seed, 4, 80)).unwrap_or_else(|e| panic!("seed {seed}: {e:?}"));
        assert!(is_right(&end, &left, &right), "seed {seed}: {end:?}");
        attaches += simulation.attaches;
        steps += end.steps;
    }
    assert!(attaches > 20_000, "{attaches} attaches in {steps} steps: the faults did not happen");
}

#[test]
fn every_flipped_byte_is_named() {
    let (left, right) = (numbers(0..6), numbers(4..9));
    let mut quiet = simulation(&terms(), &left, &right);
    quiet.run(&Schedule::quiet(11)).unwrap();
    let named = ProtocolError::Breach {
        stage: "the transcript",
        field: "a frame or one before it on its channel",
        found: Found::Differs,
    };
    for (frame, bytes) in quiet.delivered.iter().enumerate() {
        for byte in 0..*bytes {
            let fault = Fault::Flip { frame, byte, with: 1 << ((byte + frame) % 8) };
            let trouble = simulation(&terms(), &left, &right).run(&Schedule { seed: 11, faults: vec![fault] });
            let is_named = matches!(&trouble, Err(Trouble::Failed { error, .. }) if *error == named);
            assert!(is_named, "frame {frame}, byte {byte}: {trouble:?}");
        }
    }
}

/// What became of flips on one channel.
#[derive(Debug, Default)]
struct Tally {
    named: usize,
    harmless: usize,
    wrong: usize,
}

/// What a core finds by itself, without a session around it. Sizes and counts: every flip. Points: those that make no point, which is most;
/// another point only takes a match away. Duals: those that spoil a list's order; a dual of another value takes a match away, which the
/// gate finds where both count, and nobody where one does. Numbers of items: those that no item has; another one makes a wrong row.
/// A semi-honest protocol cannot know better, and so the session's digest does. Nothing panics.
#[test]
fn a_core_alone_finds_some_flips_and_not_others() {
    let (left, right) = (numbers(0..6), numbers(4..9));
    let [sizes, points, lists, gate, numbers] = tallies(&left, &right, Recipient::Both);
    let all = format!("{sizes:?} {points:?} {lists:?} {gate:?} {numbers:?}");
    assert_eq!([sizes, lists, gate].map(|tally| tally.wrong), [0; 3], "{all}");
    assert!(points.named > 4 * points.wrong && points.wrong > 0 && numbers.wrong > 0, "{all}");
    let [sizes, points, lists, gate, numbers] = tallies(&left, &right, Recipient::One(Role::Left));
    let all = format!("{sizes:?} {points:?} {lists:?} {gate:?} {numbers:?}");
    assert!(points.named > 4 * points.wrong && points.wrong > 0, "{all}");
    assert!(sizes.wrong == 0 && lists.wrong > 0 && numbers.wrong > 0, "{all}");
}

/// By channel: sizes, points, lists, the gate, numbers.
fn tallies(left: &[String], right: &[String], recipient: Recipient) -> [Tally; 5] {
    let mut all: [Tally; 5] = Default::default();
    let expected = [expected(left, right), expected(right, left)];
    let (quiet, frames) = alone(left, right, recipient, None).unwrap();
    let expected: Rows = [0, 1].map(|side| if quiet[side].is_empty() { Vec::new() } else { expected[side].clone() });
    assert_eq!(quiet, expected);
    for (frame, (channel, bytes)) in frames.into_iter().enumerate() {
        for byte in 0..bytes {
            let tally = &mut all[usize::from(channel.0) - 1];
            match alone(left, right, recipient, Some((frame, byte))) {
                Err(_) => tally.named += 1,
                Ok((rows, _)) if rows == expected => tally.harmless += 1,
                Ok(_) => tally.wrong += 1,
            }
        }
    }
    all
}

type Rows = [Vec<u64>; 2];
type Frames = Vec<(Channel, usize)>;

/// Two cores, frame by frame, with a byte of a frame flipped.
fn alone(
    left: &[String],
    right: &[String],
    recipient: Recipient,
    flip: Option<(usize, usize)>,
) -> Result<(Rows, Frames), ProtocolError> {
    let terms = Terms { recipient, ..terms() };
    let values = [left, right];
    let mut cores = [core(Role::Left, &terms, left.len()), core(Role::Right, &terms, right.len())];
    let mut piles = [(); 2].map(|()| BTreeMap::<Pile, Vec<u8>>::new());
    let seed = || Input::Start { seed: Seed::new(Secret::new(vec![1; 32])).unwrap() };
    let mut inputs: VecDeque<(usize, Input)> = [(0, seed()), (1, seed())].into();
    let (mut found, mut frames, mut held) = (Rows::default(), Frames::new(), Vec::new());
    while let Some((side, input)) = inputs.pop_front() {
        if let Input::Frame(frame) = &input {
            match cores[side].expects(frame.channel) {
                Expectation::Later { .. } => {
                    held.push((side, input));
                    continue;
                }
                Expectation::Now { at_most } => assert!(frame.bytes.len() <= at_most),
                Expectation::Never => return Err(ProtocolError::fault("a frame where none may come")),
            }
        }
        for output in cores[side].advance(input)? {
            match output {
                Output::Send(frame) => {
                    let number = frames.len();
                    frames.push((frame.channel, frame.bytes.len()));
                    let mut bytes = frame.bytes.to_vec();
                    if let Some((_, byte)) = flip.filter(|(at, _)| *at == number) {
                        bytes[byte] ^= 1 << (byte % 8);
                    }
                    inputs.push_back((1 - side, Input::Frame(Frame { bytes: bytes.into(), ..frame })));
                }
                Output::Read { at_most } => {
                    let (batch, last) = rows(values[side], 0, at_most);
                    inputs.push_back((side, Input::Rows { batch, last }));
                }
                Output::Work { ticket, work } => {
                    let result = executor::execute(Unit::fastest(), &work);
                    inputs.push_back((side, Input::Worked { ticket, result }));
                }
                Output::Append { pile, bytes, .. } => piles[side].entry(pile).or_default().extend_from_slice(&bytes),
                Output::Collect { pile } => {
                    let bytes = piles[side].get(&pile).cloned().unwrap_or_default().into();
                    inputs.push_back((side, Input::Collected { pile, bytes }));
                }
                Output::Result { answer: Answer::Rows(rows), .. } => found[side].extend(rows),
                Output::Result { .. } | Output::Checkpoint(_) | Output::Restore { .. } | Output::Done(_) => {}
            }
        }
        inputs.extend(held.drain(..));
    }
    found.iter_mut().for_each(|rows| rows.sort_unstable());
    Ok((found, frames))
}
