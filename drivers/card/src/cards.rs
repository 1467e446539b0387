//! Several cards that share each batch. One that fails is left out and its part goes to the others, until it has recovered.

use std::{
    ops::{ControlFlow, Range},
    thread,
    time::{Duration, Instant},
};

use thiserror::Error;

use crate::{CardError, LoadedCard, Transport, Unverified, kept::KeptContexts};

/// Any number of cards. From one batch to the next they keep the contexts of keys that say so, and nothing else.
pub struct Cards<T: Transport> {
    members: Vec<Member<T>>,
}

struct Member<T: Transport> {
    name: String,
    card: LoadedCard<T>,
    kept: KeptContexts,
}

/// What a context is loaded with.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    pub modulus: &'a [u64],
    /// As wide as the modulus; and the longest exponent in bits.
    pub base: Option<(&'a [u64], usize)>,
    /// The resident vector's items, one after another.
    pub vector: &'a [u64],
    /// Leaves modulus and base on the cards for the next batch with the same, until others need the place: they are public.
    pub keep: bool,
}

/// What is done with it, as in the methods of [`LoadedCard`].
#[derive(Clone, Copy, Debug)]
pub enum Task<'a> {
    Modexp { bases: &'a [u64], exponent: &'a [u64] },
    FixedBase { exponents: &'a [u64], exponent_limbs: usize },
    Modmul { a: &'a [u64], b: &'a [u64] },
    MultiplyAccumulate { lists: &'a [u64], list_words: usize },
}

/// A batch that is done.
#[derive(Debug)]
pub struct Done {
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

#[derive(Debug, Error)]
pub enum Trouble {
    #[error("the card failed")]
    Driver(#[source] CardError),
    #[error("the card gave a wrong result (verification of a batch of {items} items)")]
    WrongResult { items: usize },
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

/// Told, from any thread, of so many more items that are done; may ask to stop. Items of a card that fails are done, and
/// told, again.
pub type Control<'a> = &'a (dyn Fn(usize) -> ControlFlow<()> + Sync);

/// Whether the results of these items are right.
pub type Check<'a, E> = &'a (dyn Fn(Range<usize>, &[u64]) -> Result<bool, E> + Sync);

/// How a card's part ended, if not with results.
enum End<E> {
    Caller(CardError),
    Check(E),
    Failed(Trouble),
}

impl<T: Transport> Cards<T> {
    pub fn new(members: Vec<(String, LoadedCard<T>)>) -> Self {
        let member = |(name, card)| Member { name, card, kept: KeptContexts::default() };
        Self { members: members.into_iter().map(member).collect() }
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
        let recover = |member: &mut Member<T>| {
            member.kept.forget();
            (member.name.clone(), member.card.recover())
        };
        out.map(recover).collect()
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
    ) -> Result<Done, CardsError<E>> {
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
                    Err(End::Failed(trouble)) => {
                        failures.push(Failure { card, trouble });
                        left.push(range);
                    }
                    Err(End::Caller(error)) => stop = stop.or(Some(CardsError::Caller(error))),
                    Err(End::Check(error)) => stop = stop.or(Some(CardsError::Check(error))),
                }
            }
            if let Some(error) = stop {
                return Err(error);
            }
        }
        let results = results.verify(|_| Ok(()))?;
        Ok(Done { results, busy })
    }
}

impl Task<'_> {
    /// None if the operands end within an item.
    fn items(&self, limbs: usize) -> Option<usize> {
        let (words, width) = match self {
            Self::Modexp { bases, .. } => (bases.len(), limbs),
            Self::FixedBase { exponents, exponent_limbs } => (exponents.len(), *exponent_limbs),
            Self::Modmul { a, .. } => (a.len(), limbs),
            Self::MultiplyAccumulate { lists, list_words } => (lists.len(), *list_words),
        };
        words.is_multiple_of(width).then(|| words.checked_div(width).unwrap_or(0))
    }
}

/// A card's part, from loading the key to the check of the results; how long its jobs took.
#[expect(clippy::too_many_arguments, reason = "the body of a thread")]
fn part_of<T: Transport, E>(
    member: &mut Member<T>,
    key: &Key<'_>,
    task: &Task<'_>,
    items: Range<usize>,
    check: Check<'_, E>,
    deadline: Instant,
    control: Control<'_>,
    out: &mut [u64],
) -> Result<Duration, End<E>> {
    let (results, took) =
        compute(member, key, task, items.clone(), deadline, control).map_err(|error| match error {
            error if member.card.is_out_of_service() => End::Failed(Trouble::Driver(error)),
            error => End::Caller(error),
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
        (Err(()), Err(error)) => Err(End::Check(error)),
        (Err(()), Ok(_)) => {
            member.card.retire();
            Err(End::Failed(Trouble::WrongResult { items: items.len() }))
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
