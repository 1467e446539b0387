//! Steps in their order, by one browser at a time, over power cuts.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use onboarding::{Holder, How, Onboarding, Step, StepError};
use proptest::prelude::*;

fn browser(id: &str) -> Holder {
    Holder { id: id.into(), from: "10.0.0.7".into(), since: 1 }
}

#[test]
fn one_after_the_other_to_the_end() {
    let mut set_up = Onboarding::default();
    assert_eq!(set_up.next(), Some(Step::Presence));
    assert_eq!(set_up.finish("a", Step::Presence, How::Done, 1), Err(StepError::NotHolder));
    set_up.take_over(browser("a"), 1).unwrap();
    for step in &Step::ALL[1..] {
        assert_eq!(set_up.next(), Some(*step));
        assert_eq!(set_up.finish("b", *step, How::Done, 2), Err(StepError::NotHolder));
        set_up.finish("a", *step, How::Done, 2).unwrap();
    }
    assert_eq!((set_up.next(), set_up.holder()), (None, None));
    assert_eq!(set_up.take_over(browser("a"), 3).unwrap_err(), StepError::Finished);
    assert_eq!(set_up.finish("a", Step::Summary, How::Done, 3), Err(StepError::Finished));
}

#[test]
fn a_second_browser_takes_over_with_a_code_and_the_first_is_told() {
    let mut set_up = Onboarding::default();
    assert_eq!(set_up.take_over(browser("a"), 1).unwrap().before, None);
    set_up.finish("a", Step::Administrators, How::Done, 2).unwrap();
    assert_eq!(set_up.take_over(browser("b"), 3).unwrap().before, Some(browser("a")));
    assert_eq!(set_up.may("a", Step::Network), Err(StepError::NotHolder));
    // It goes on where the first one was.
    assert_eq!((set_up.next(), set_up.may("b", Step::Network)), (Some(Step::Network), Ok(())));
}

#[test]
fn what_may_wait_is_reminded_of_and_what_may_not_is_asked_for() {
    let mut set_up = Onboarding::default();
    set_up.take_over(browser("a"), 1).unwrap();
    assert_eq!(set_up.finish("a", Step::Network, How::Done, 2), Err(StepError::Before(Step::Administrators)));
    let needed = set_up.finish("a", Step::Administrators, How::LeftOut, 2);
    assert_eq!(needed, Err(StepError::Needed(Step::Administrators)));
    set_up.finish("a", Step::Administrators, How::Done, 2).unwrap();
    for step in [Step::Network, Step::Checks, Step::RecoveryKey] {
        set_up.finish("a", step, How::LeftOut, 3).unwrap();
    }
    assert_eq!(set_up.left_out().collect::<Vec<_>>(), [Step::Network, Step::Checks, Step::RecoveryKey]);
    // Back, and done after all; and back again does not undo it.
    set_up.finish("a", Step::Checks, How::Done, 4).unwrap();
    set_up.finish("a", Step::Checks, How::LeftOut, 5).unwrap();
    set_up.made_up_for(Step::RecoveryKey, 9);
    assert_eq!(set_up.left_out().collect::<Vec<_>>(), [Step::Network]);
}

#[derive(Clone, Debug)]
enum Deed {
    TakeOver(usize),
    Finish(usize, usize, bool),
    /// The box starts again with what was written down.
    PowerCut,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0..2usize).prop_map(Deed::TakeOver),
        (0..2usize, 0..Step::ALL.len(), any::<bool>()).prop_map(|(by, step, done)| Deed::Finish(by, step, done)),
        Just(Deed::PowerCut),
    ]
}

proptest! {
    #[test]
    fn what_is_done_stays_done_and_there_is_one_browser_at_most(deeds in prop::collection::vec(deed(), 1..60)) {
        let mut set_up = Onboarding::default();
        let mut written = serde_json::to_string(&set_up).unwrap();
        for (now, deed) in (0u64..).zip(deeds) {
            let before = set_up.clone();
            match deed {
                Deed::TakeOver(by) => drop(set_up.take_over(browser(["a", "b"][by]), now)),
                Deed::Finish(by, step, is_done) => {
                    let how = if is_done { How::Done } else { How::LeftOut };
                    let outcome = set_up.finish(["a", "b"][by], Step::ALL[step], how, now);
                    if outcome.is_err() {
                        prop_assert_eq!(&set_up, &before);
                    }
                }
                Deed::PowerCut => set_up = serde_json::from_str(&written).unwrap(),
            }
            written = serde_json::to_string(&set_up).unwrap();
            prop_assert!(before.next().is_none_or(|b| set_up.next().is_none_or(|n| n >= b)), "it never goes back");
            prop_assert!(set_up.next().is_some() || set_up.holder().is_none());
        }
    }
}
