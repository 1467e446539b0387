//! Several cards that share each batch. One that fails is left out and its part goes to the others, until it has recovered.

use std::{
    ops::Range,
    thread,
    time::{Duration, Instant},
};

use thiserror::Error;

use crate::{
    error::CardError,
    loaded::LoadedCard,
    part::{Check, Control, Member, PartEnd, Trouble, part_of},
    task::{Key, Task},
    transport::Transport,
    unverified::Unverified,
};

/// Any number of cards. From one batch to the next they keep the contexts of keys that say so, and nothing else.
pub struct Cards<T: Transport> {
    members: Vec<Member<T>>,
}

/// What a batch came to.
#[derive(Debug)]
pub struct BatchResults {
    /// One result an item, in the order of the operands.
    pub results: Vec<u64>,
    /// What the slowest card's part took from its first job to its last: without loading the key and without the check.
    pub busy: Duration,
}

/// A card that has just been taken out of service.
#[derive(Debug)]
pub struct Failure {
    pub card: String,
    pub trouble: Trouble,
}

/// Why a batch has no results.
#[derive(Debug, Error)]
pub enum CardsError<E> {
    #[error("no card is in service")]
    NoneLeft,
    /// The caller's mistake, or wish: all cards go on.
    #[error("the batch")]
    Caller(#[source] CardError),
    #[error("the check")]
    Check(#[source] E),
}

impl<T: Transport> Cards<T> {
    pub fn new(members: Vec<(String, LoadedCard<T>)>) -> Self {
        Self { members: members.into_iter().map(|(name, card)| Member::new(name, card)).collect() }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &LoadedCard<T>)> {
        self.members.iter().map(|member| (member.name.as_str(), &member.card))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut LoadedCard<T>)> {
        self.members.iter_mut().map(|member| (member.name.as_str(), &mut member.card))
    }

    /// Whether any card takes work.
    pub fn in_service(&self) -> bool {
        self.members.iter().any(|member| !member.card.is_out_of_service())
    }

    /// Has each card that is out of service reset itself and pass its self-test; says what came of it.
    pub fn recover(&mut self) -> Vec<(String, Result<(), CardError>)> {
        let out = self.members.iter_mut().filter(|member| member.card.is_out_of_service());
        out.map(|member| (member.name.clone(), member.recover())).collect()
    }
}

impl<T: Transport + Send> Cards<T> {
    /// Does a batch on all cards in service, each of which does a part, which is then checked. What a card fails at goes to
    /// the others; `failures` tells of each such card, whether the batch came to an end or not.
    pub fn run<E: Send>(
        &mut self,
        key: &Key<'_>,
        task: &Task<'_>,
        check: Check<'_, E>,
        deadline: Instant,
        control: Control<'_>,
        failures: &mut Vec<Failure>,
    ) -> Result<BatchResults, CardsError<E>> {
        let limbs = key.modulus.len();
        let cut = CardError::Argument { what: "the operands end within an item" };
        let items = task.items(limbs).ok_or(CardsError::Caller(cut))?;
        // Unverified until the last part has passed its check.
        let mut results = Unverified::new(vec![0; items * limbs]);
        let mut left = Vec::from([Range { start: 0, end: items }]);
        let mut busy = Duration::ZERO;
        while let Some(range) = left.pop() {
            let in_service: Vec<_> =
                self.members.iter_mut().filter(|member| !member.card.is_out_of_service()).collect();
            if in_service.is_empty() {
                return Err(CardsError::NoneLeft);
            }
            let part = range.len().div_ceil(in_service.len()).max(1);
            let starts = range.clone().step_by(part);
            let parts: Vec<_> = starts.map(|start| start..range.end.min(start + part)).collect();
            let mut room = &mut results.inner()[range.start * limbs..range.end * limbs];
            let ends: Vec<_> = thread::scope(|scope| {
                let mut running = Vec::new();
                for (range, member) in parts.into_iter().zip(in_service) {
                    let (mine, rest) = std::mem::take(&mut room).split_at_mut(range.len() * limbs);
                    room = rest;
                    let name = member.name.clone();
                    let thread = scope.spawn({
                        let range = range.clone();
                        move || part_of(member, key, task, range, check, deadline, control, mine)
                    });
                    running.push((name, range, thread));
                }
                let join = |(name, range, thread): (_, _, thread::ScopedJoinHandle<'_, _>)| {
                    (name, range, thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                };
                running.into_iter().map(join).collect()
            });
            let mut stop = None;
            for (card, range, end) in ends {
                match end {
                    Ok(took) => busy = busy.max(took),
                    Err(PartEnd::Failed(trouble)) => {
                        failures.push(Failure { card, trouble });
                        left.push(range);
                    }
                    Err(PartEnd::Caller(error)) => stop = stop.or(Some(CardsError::Caller(error))),
                    Err(PartEnd::Check(error)) => stop = stop.or(Some(CardsError::Check(error))),
                }
            }
            if let Some(error) = stop {
                return Err(error);
            }
        }
        let results = results.verify(|_| Ok(()))?;
        Ok(BatchResults { results, busy })
    }
}
