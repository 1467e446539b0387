//! The set-up from outside: who does what in which order, over power cuts.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use onboarding::{How, Onboarding, Step, StepError};

/// As a power cut leaves it.
fn read_again(onboarding: &Onboarding) -> Onboarding {
    serde_json::from_slice(&serde_json::to_vec(onboarding).unwrap()).unwrap()
}

#[test]
fn it_goes_on_at_the_first_step_that_is_not_done_whatever_happens_between() {
    let mut onboarding = Onboarding::default();
    assert_eq!(onboarding.next(false), Some(Step::Presence));
    for step in [Step::Checks, Step::RecoveryKey, Step::Program, Step::Summary] {
        assert_eq!(onboarding.next(true), Some(step));
        // The effect was made, and the power went before it was written down: once more.
        onboarding = read_again(&onboarding);
        onboarding.finish(step, How::Done, 5).unwrap();
        onboarding = read_again(&onboarding);
    }
    assert_eq!(onboarding.next(true), None);
    assert_eq!(onboarding.finish(Step::Summary, How::Done, 9), Err(StepError::Finished));
    // The people are gone (their file could not be read): somebody stands before the box again, and no other step is repeated.
    assert_eq!(onboarding.next(false), Some(Step::Presence));
}

#[test]
fn no_step_is_jumped_over_and_only_some_are_left_out() {
    let mut onboarding = Onboarding::default();
    assert_eq!(onboarding.may(Step::Checks, false), Err(StepError::Before(Step::Presence)));
    assert_eq!(onboarding.finish(Step::Program, How::LeftOut, 1), Err(StepError::Before(Step::Checks)));
    onboarding.finish(Step::Checks, How::Done, 1).unwrap();
    onboarding.finish(Step::Checks, How::LeftOut, 2).unwrap();
    assert_eq!(onboarding.done(Step::Checks).unwrap().how, How::Done);
    onboarding.finish(Step::RecoveryKey, How::LeftOut, 3).unwrap();
    assert_eq!(onboarding.left_out().collect::<Vec<_>>(), [Step::RecoveryKey]);
    onboarding.made_up_for(Step::RecoveryKey, 4);
    assert_eq!(onboarding.left_out().count(), 0);
    onboarding.finish(Step::Program, How::Done, 5).unwrap();
    assert_eq!(onboarding.finish(Step::Summary, How::LeftOut, 6), Err(StepError::Needed(Step::Summary)));
}

#[test]
fn what_was_written_by_another_release_is_refused() {
    assert!(serde_json::from_str::<Onboarding>(r#"{"done":{},"holder":null}"#).is_err());
    assert!(serde_json::from_str::<Onboarding>(r#"{"done":{"network":{"how":"done","at":1}}}"#).is_err());
}
