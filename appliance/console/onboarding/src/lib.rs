//! The first set-up of a box, step by step. The steps are the box's, not a browser's: whoever comes back, after a power cut or with
//! another browser, goes on at the first that is not done.
//!
//! Each step has an effect somewhere else (an account, a key, a network), which is made first and is the same when it is made
//! twice; that it is done is written down after it. So a power cut between the two repeats the step and loses nothing.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use holder::{Holder, TakenOver};
pub use step::{How, Step};

mod holder;
mod step;

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Onboarding {
    done: BTreeMap<Step, Done>,
    /// The one browser that is at it.
    holder: Option<Holder>,
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
    #[error("another browser is at the set-up: a new code from the screen takes it over")]
    NotHolder,
    #[error("the step {} comes first", .0.name())]
    Before(Step),
    #[error("the step {} cannot be left out", .0.name())]
    Needed(Step),
    #[error("the set-up is finished")]
    Finished,
}

impl Onboarding {
    /// The first step that is not done; `None`: the set-up is finished.
    pub fn next(&self) -> Option<Step> {
        Step::ALL.into_iter().find(|step| !self.done.contains_key(step))
    }

    pub fn done(&self, step: Step) -> Option<&Done> {
        self.done.get(&step)
    }

    /// The steps that were left out: each is reminded of until it is done.
    pub fn left_out(&self) -> impl Iterator<Item = Step> {
        self.done.iter().filter(|(_, done)| done.how == How::LeftOut).map(|(step, _)| *step)
    }

    /// Somebody showed the code on the screen. Whoever was at it before is so no longer.
    pub fn take_over(&mut self, browser: Holder, now: u64) -> Result<TakenOver, StepError> {
        if self.next().is_none() {
            return Err(StepError::Finished);
        }
        let before = self.holder.replace(browser);
        self.done.entry(Step::Presence).or_insert(Done { how: How::Done, at: now });
        Ok(TakenOver { before })
    }

    pub fn holder(&self) -> Option<&Holder> {
        self.holder.as_ref()
    }

    /// That this browser may do this step now: the next one, or an earlier one again, as the back button does.
    pub fn may(&self, browser: &str, step: Step) -> Result<(), StepError> {
        let next = self.next().ok_or(StepError::Finished)?;
        if self.holder.as_ref().is_none_or(|holder| holder.id != browser) {
            return Err(StepError::NotHolder);
        }
        if step > next { Err(StepError::Before(next)) } else { Ok(()) }
    }

    /// The step's effect was made; the last one ends the set-up, and nobody is at it any more.
    pub fn finish(&mut self, browser: &str, step: Step, how: How, now: u64) -> Result<(), StepError> {
        self.may(browser, step)?;
        if how == How::LeftOut && !step.may_be_left_out() {
            return Err(StepError::Needed(step));
        }
        // What was done is not left out by going back.
        let is_done = self.done.get(&step).is_some_and(|done| done.how == How::Done);
        if !(is_done && how == How::LeftOut) {
            self.done.insert(step, Done { how, at: now });
        }
        if self.next().is_none() {
            self.holder = None;
        }
        Ok(())
    }

    /// A step that was left out was done later, by whoever may.
    pub fn made_up_for(&mut self, step: Step, now: u64) {
        if self.done.get(&step).is_some_and(|done| done.how == How::LeftOut) {
            self.done.insert(step, Done { how: How::Done, at: now });
        }
    }
}
