//! One card's part of a batch: from loading the key to the check of the results.

use std::{
    ops::{ControlFlow, Range},
    time::{Duration, Instant},
};

use thiserror::Error;

use crate::{
    error::CardError,
    kept::KeptContexts,
    loaded::LoadedCard,
    task::{Key, Task},
    transport::Transport,
    unverified::Unverified,
};

/// What a card was taken out of service for.
#[derive(Debug, Error)]
pub enum Trouble {
    #[error("the card failed")]
    Driver(#[source] CardError),
    #[error("the card gave a wrong result (verification of a batch of {items} items)")]
    WrongResult { items: usize },
}

/// Told, from any thread, of so many more items that are done; may ask to stop. Items of a card that fails are done, and
/// told, again.
pub type Control<'a> = &'a (dyn Fn(usize) -> ControlFlow<()> + Sync);

/// Whether the results of these items are right.
pub type Check<'a, E> = &'a (dyn Fn(Range<usize>, &[u64]) -> Result<bool, E> + Sync);

/// How a card's part ended, if not with results.
pub(crate) enum PartEnd<E> {
    Caller(CardError),
    Check(E),
    Failed(Trouble),
}

/// A card with its name, and the contexts that stay on it.
pub(crate) struct Member<T: Transport> {
    pub(crate) name: String,
    pub(crate) card: LoadedCard<T>,
    kept: KeptContexts,
}

impl<T: Transport> Member<T> {
    pub(crate) fn new(name: String, card: LoadedCard<T>) -> Self {
        Self { name, card, kept: KeptContexts::default() }
    }

    /// Has the card reset itself and pass its self-test. The reset takes all contexts.
    pub(crate) fn recover(&mut self) -> Result<(), CardError> {
        self.kept.forget();
        self.card.recover()
    }
}

/// A card's part, from loading the key to the check of the results; how long its jobs took.
#[expect(clippy::too_many_arguments, reason = "the body of a thread")]
pub(crate) fn part_of<T: Transport, E>(
    member: &mut Member<T>,
    key: &Key<'_>,
    task: &Task<'_>,
    items: Range<usize>,
    check: Check<'_, E>,
    deadline: Instant,
    control: Control<'_>,
    out: &mut [u64],
) -> Result<Duration, PartEnd<E>> {
    let (results, took) =
        compute(member, key, task, items.clone(), deadline, control).map_err(|error| match error {
            error if member.card.is_out_of_service() => PartEnd::Failed(Trouble::Driver(error)),
            error => PartEnd::Caller(error),
        })?;
    let mut verdict = Ok(false);
    let passed = results.verify(|words| {
        verdict = check(items.clone(), words);
        if matches!(verdict, Ok(true)) { Ok(()) } else { Err(()) }
    });
    match (passed, verdict) {
        (Ok(words), _) => {
            out.copy_from_slice(&words);
            Ok(took)
        }
        (Err(()), Err(error)) => Err(PartEnd::Check(error)),
        (Err(()), Ok(_)) => {
            member.card.retire();
            Err(PartEnd::Failed(Trouble::WrongResult { items: items.len() }))
        }
    }
}

fn compute<T: Transport>(
    member: &mut Member<T>,
    key: &Key<'_>,
    task: &Task<'_>,
    items: Range<usize>,
    deadline: Instant,
    control: Control<'_>,
) -> Result<(Unverified<Vec<u64>>, Duration), CardError> {
    let Member { card, kept, .. } = member;
    let limbs = key.modulus.len();
    let of = |words: usize| items.start * words..items.end * words;
    let mut before = 0;
    let mut progress = |done: usize| {
        let new = done - before;
        before = done;
        control(new)
    };
    let (context, stays) = kept.open(card, key)?;
    let silent = &mut |_| control(0);
    let loaded = match key.vector {
        [] => Ok(()),
        vector => card.load_vector(context, 0, vector, deadline, silent),
    };
    let start = Instant::now();
    let results = loaded.and_then(|()| match *task {
        Task::Modexp { bases, exponent } => card.modexp(context, &bases[of(limbs)], exponent, deadline, &mut progress),
        Task::FixedBase { exponents, exponent_limbs: width } => {
            card.fixed_base(context, &exponents[of(width)], width, deadline, &mut progress)
        }
        Task::Modmul { a, b } => match b.get(of(limbs)) {
            Some(b) => card.modmul(context, &a[of(limbs)], b, deadline, &mut progress),
            None => Err(CardError::Argument { what: "the factors differ in number" }),
        },
        Task::MultiplyAccumulate { lists, list_words: width } => {
            card.multiply_accumulate(context, &lists[of(width)], width, deadline, &mut progress)
        }
    });
    let took = start.elapsed();
    if !stays && !card.is_out_of_service() {
        card.unload_context(context)?;
    }
    Ok((results?, took))
}
