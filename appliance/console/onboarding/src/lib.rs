//! The first set-up of a box, step by step. The steps are the box's, not a browser's: whoever comes back, after a power cut or with
//! another browser, goes on at the first that is not done.
//!
//! Each step has an effect somewhere else (an account, a code, a key that is confirmed), which is made first and is the same when it is
//! made twice; that it is done is written down after it. So a power cut between the two repeats the step and loses nothing.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use step::{How, Step};

mod step;

/// What is kept: of the steps that people do once they can sign in. That somebody can is kept where people are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Onboarding {
    done: BTreeMap<Step, Done>,
}

/// How and when a step was done: seconds since 1970, by the box's clock of then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    pub how: How,
    pub at: u64,
}

/// Why a step does not count as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    #[error("the step {} comes first", .0.name())]
    Before(Step),
    #[error("the step {} cannot be left out", .0.name())]
    Needed(Step),
    #[error("the set-up is finished")]
    Finished,
}

impl Onboarding {
    /// The first step that is not done; `None`: the set-up is finished. `is_founded`: somebody can sign in.
    pub fn next(&self, is_founded: bool) -> Option<Step> {
        Step::ALL.into_iter().find(|step| !self.is_done(*step, is_founded))
    }

    pub fn done(&self, step: Step) -> Option<&Done> {
        self.done.get(&step)
    }

    /// The steps that were left out: each is reminded of until it is done.
    pub fn left_out(&self) -> impl Iterator<Item = Step> {
        self.done.iter().filter(|(_, done)| done.how == How::LeftOut).map(|(step, _)| *step)
    }

    /// That this step may be done now: the next one, or an earlier one again, as the back button does.
    pub fn may(&self, step: Step, is_founded: bool) -> Result<(), StepError> {
        let next = self.next(is_founded).ok_or(StepError::Finished)?;
        if step > next { Err(StepError::Before(next)) } else { Ok(()) }
    }

    /// The effect of a step was made, by somebody who signed in.
    pub fn finish(&mut self, step: Step, how: How, now: u64) -> Result<(), StepError> {
        self.may(step, true)?;
        if how == How::LeftOut && !step.may_be_left_out() {
            return Err(StepError::Needed(step));
        }
        // What was done is not left out by going back.
        let is_done = self.done.get(&step).is_some_and(|done| done.how == How::Done);
        if step.is_by_presence() || (is_done && how == How::LeftOut) {
            return Ok(());
        }
        self.done.insert(step, Done { how, at: now });
        Ok(())
    }

    /// A step that was left out was done later, by whoever may.
    pub fn made_up_for(&mut self, step: Step, now: u64) {
        if self.done.get(&step).is_some_and(|done| done.how == How::LeftOut) {
            self.done.insert(step, Done { how: How::Done, at: now });
        }
    }

    fn is_done(&self, step: Step, is_founded: bool) -> bool {
        if step.is_by_presence() { is_founded } else { is_founded && self.done.contains_key(&step) }
    }
}
