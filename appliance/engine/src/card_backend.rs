//! The engine on the card. Nothing leaves here that has not passed [`crate::verify`].

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use card::{CardError, CardKind, ContextId, LoadedCard, Transport, Unverified};

use crate::modulus::check_reduced;
use crate::{Backend, CardTrouble, Control, Cpu, EngineError, FixedBase, Modulus, Numbers, verify};

/// What a batch may take: a floor, and for each item several times what the slowest card of its kind needs. A card that
/// hangs in the middle of a batch is found no earlier.
const DEADLINE_FLOOR: Duration = Duration::from_secs(20);
const DEADLINE_ITEM: Duration = Duration::from_millis(10);
const DEADLINE_ITEM_RTL: Duration = Duration::from_millis(500);

/// A backend that may fail and that counts what it does.
pub trait Accelerator: Backend {
    fn facts(&self) -> CardFacts;

    /// Whether moduli and exponents of so many bits fit.
    fn takes(&self, modulus_bits: usize, exponent_bits: usize) -> bool;
}

/// A card and what it has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardFacts {
    /// "model", "rtl" or "hardware".
    pub kind: String,
    pub jobs: u64,
    pub interrupts: u64,
    pub dma_bytes: u64,
    /// Batches whose results passed the check.
    pub verified: u64,
}

/// A proven card behind a lock: one batch at a time.
pub struct CardBackend<T: Transport> {
    state: Mutex<State<T>>,
    /// As last read: a status request waits for no batch, and a card that is gone keeps its history.
    facts: Mutex<CardFacts>,
    /// Does the checks, and what the card is not good for.
    cpu: Cpu,
    max_bits: usize,
    max_exponent_bits: usize,
    deadline_item: Duration,
}

struct State<T: Transport> {
    card: LoadedCard<T>,
    verified: u64,
}

impl<T: Transport> CardBackend<T> {
    pub fn new(mut card: LoadedCard<T>) -> CardBackend<T> {
        let identity = card.identity();
        let simulated = matches!(identity.kind, CardKind::RtlSimulation);
        let deadline_item = if simulated { DEADLINE_ITEM_RTL } else { DEADLINE_ITEM };
        // What a person may believe it is, and never more.
        let kind = match identity.kind {
            CardKind::FunctionalModel => "model",
            CardKind::RtlSimulation => "rtl",
            CardKind::Hardware => "hardware",
        };
        let (max_bits, max_exponent_bits) = (identity.max_bits, identity.max_exponent_bits);
        let facts = CardFacts { kind: kind.into(), jobs: 0, interrupts: 0, dma_bytes: 0, verified: 0 };
        let facts = Mutex::new(facts);
        read_facts(&mut card, 0, &facts);
        let state = Mutex::new(State { card, verified: 0 });
        CardBackend { state, facts, cpu: Cpu::new(), max_bits, max_exponent_bits, deadline_item }
    }

    /// Loads a context, runs a batch in it, unloads it, and checks what came.
    fn run(
        &self,
        modulus: &Modulus,
        base: Option<(&[u64], usize)>,
        batch: impl FnOnce(&mut LoadedCard<T>, ContextId) -> Result<Unverified<Vec<u64>>, CardError>,
        check: impl FnOnce(&Numbers) -> Result<bool, EngineError>,
    ) -> Result<Numbers, EngineError> {
        let mut state = self.lock();
        let state = &mut *state;
        let context = state.card.load_context(modulus.n(), base).map_err(driver)?;
        let results = batch(&mut state.card, context);
        if let Err(CardError::Cancelled { .. }) = &results {
            state.card.unload_context(context).map_err(driver)?;
            return Err(EngineError::Cancelled);
        }
        let results = results.map_err(driver)?;
        state.card.unload_context(context).map_err(driver)?;
        let checked = results.verify(|words| {
            let numbers = Numbers::from_words(modulus.limbs(), words.clone())?;
            if check(&numbers)? {
                return Ok(());
            }
            Err(EngineError::Card(CardTrouble::WrongResult { items: numbers.count() }))
        });
        if checked.is_ok() {
            state.verified += 1;
        }
        read_facts(&mut state.card, state.verified, &self.facts);
        Numbers::from_words(modulus.limbs(), checked?)
    }

    fn deadline(&self, items: usize) -> Instant {
        Instant::now() + DEADLINE_FLOOR + self.deadline_item * u32::try_from(items).unwrap_or(u32::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // A panic in the middle of a batch leaves a card that notices by itself what does not fit.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport + Send> Backend for CardBackend<T> {
    fn name(&self) -> &'static str {
        "card"
    }

    fn pow_common(
        &self,
        modulus: &Modulus,
        bases: &Numbers,
        exponent: &[u64],
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        check_reduced(modulus, bases)?;
        let deadline = self.deadline(bases.count());
        let mut progress = increments(control);
        self.run(
            modulus,
            None,
            |card, context| card.modexp(context, bases.words(), exponent, deadline, &mut progress),
            |results| verify::common_exponent(modulus, bases, exponent, results, &self.cpu),
        )
    }

    fn pow_fixed_base(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        base.check(exponents)?;
        let deadline = self.deadline(exponents.count());
        let mut progress = increments(control);
        self.run(
            base.modulus(),
            Some((base.base(), base.exponent_bits())),
            |card, context| card.fixed_base(context, exponents.words(), exponents.limbs(), deadline, &mut progress),
            |results| verify::fixed_base(base, exponents, results, &self.cpu),
        )
    }

    /// On the CPU: checking a product is computing it.
    fn mul(&self, modulus: &Modulus, a: &Numbers, b: &Numbers, control: Control<'_>) -> Result<Numbers, EngineError> {
        self.cpu.mul(modulus, a, b, control)
    }
}

impl<T: Transport + Send> Accelerator for CardBackend<T> {
    fn facts(&self) -> CardFacts {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn takes(&self, modulus_bits: usize, exponent_bits: usize) -> bool {
        modulus_bits <= self.max_bits && exponent_bits <= self.max_exponent_bits
    }
}

fn driver(error: CardError) -> EngineError {
    EngineError::Card(CardTrouble::Driver(error))
}

/// The driver counts items in all, a [`Control`] hears of new ones.
fn increments<'a>(control: Control<'a>) -> impl FnMut(usize) -> ControlFlow<()> + 'a {
    let mut before = 0;
    move |done| {
        let new = done - before;
        before = done;
        control(new)
    }
}

fn read_facts<T: Transport>(card: &mut LoadedCard<T>, verified: u64, facts: &Mutex<CardFacts>) {
    let mut facts = facts.lock().unwrap_or_else(PoisonError::into_inner);
    facts.verified = verified;
    if let Ok(c) = card.counters() {
        (facts.jobs, facts.interrupts, facts.dma_bytes) = (c.jobs, c.interrupts, c.dma_bytes);
    }
}
