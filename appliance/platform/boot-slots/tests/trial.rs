//! The verdict on an image that is tried.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use boot_slots::{Lack, Terms, Trial, Verdict};
use proptest::prelude::*;

const TERMS: Terms = Terms { steady: Duration::from_secs(90), deadline: Duration::from_secs(600) };

/// A trial in which the box is looked at every second; what is lacking at each, and whether the ports answer. When it is over, and how.
fn run(lacks: impl Fn(u64) -> Option<Lack>, answers: bool) -> (u64, Verdict) {
    let mut trial = Trial::new(TERMS);
    for second in 0.. {
        match trial.look(Duration::from_secs(second), lacks(second)) {
            Verdict::Wait => {}
            Verdict::Ask if answers => trial.all_answered(),
            Verdict::Ask => {}
            over => return (second, over),
        }
    }
    unreachable!()
}

#[test]
fn an_image_that_holds_for_long_enough_and_answers_works() {
    let (second, verdict) = run(|s| (s < 20).then_some(Lack::Services), true);
    assert_eq!((second, verdict), (111, Verdict::Works));
}

#[test]
fn one_that_lacks_anything_to_the_end_fails_and_says_what() {
    for lack in [Lack::Closed, Lack::NotSealed, Lack::Services, Lack::Cards] {
        assert_eq!(run(|_| Some(lack), true), (600, Verdict::Fails(lack)));
    }
    assert_eq!(run(|_| None, false), (600, Verdict::Fails(Lack::Silent)));
}

#[test]
fn a_service_that_dies_every_minute_is_found() {
    assert_eq!(run(|s| (s % 60 == 59).then_some(Lack::Services), true), (600, Verdict::Fails(Lack::Services)));
}

#[test]
fn what_is_there_only_at_the_very_end_is_too_late() {
    assert_eq!(run(|s| (s < 550).then_some(Lack::Cards), true), (600, Verdict::Fails(Lack::Cards)));
}

#[test]
fn it_is_said_once() {
    let mut trial = Trial::new(TERMS);
    assert_eq!(trial.look(TERMS.deadline, Some(Lack::Closed)), Verdict::Fails(Lack::Closed));
    assert_eq!(trial.look(TERMS.deadline * 2, Some(Lack::Closed)), Verdict::Wait);
    assert_eq!(trial.look(TERMS.deadline * 2, None), Verdict::Wait);
}

proptest! {
    /// Whatever happens, an image that works held without a break before, and every other one ends at the deadline.
    #[test]
    fn nothing_works_that_did_not_hold(breaks in prop::collection::btree_set(0u64..700, 0..12), answers: bool) {
        let (second, verdict) = run(|s| breaks.contains(&s).then_some(Lack::Services), answers);
        if verdict == Verdict::Works {
            prop_assert!(second >= 90 && (second - 90..=second).all(|s| !breaks.contains(&s)));
        } else {
            prop_assert_eq!(second, 600);
        }
    }
}
