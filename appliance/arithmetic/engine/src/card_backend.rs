//! The engine on cards. Nothing leaves here that has not passed [`crate::verify`].

use std::mem;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use card::{CardError, CardKind, Cards, CardsError, Identity, Key, LoadedCard, Task, Transport};

use crate::backend::Backend;
use crate::control::Control;
use crate::cpu::Cpu;
use crate::error::{CardTrouble, EngineError};
use crate::fixed_base::FixedBase;
use crate::modulus::Modulus;
use crate::numbers::Numbers;
use crate::speeds::Speeds;
use crate::speeds::{Kind, Work};
use crate::units::{Separated, separate};
use crate::verify;

/// What a batch may take in all: a floor, and for each item more than the slowest card of its kind needs. The driver
/// finds a card that hangs much earlier, by the job.
const DEADLINE_FLOOR: Duration = Duration::from_secs(20);
const DEADLINE_ITEM: Duration = Duration::from_millis(10);
const DEADLINE_ITEM_RTL: Duration = Duration::from_secs(60);

/// A backend that may fail and recover, and that counts what it does.
pub trait Accelerator: Backend {
    fn facts(&self) -> CardFacts;

    /// Whether such moduli and exponents fit.
    fn takes(&self, kind: Kind) -> bool;

    /// Items a second on earlier batches, from the jobs alone: a key is loaded once, and the check is the CPU's work.
    fn speed(&self, kind: Kind) -> Option<f64>;

    /// Has what is out of service reset itself and pass its self-test.
    fn recover(&self);

    /// What happened since this was last asked.
    fn news(&self) -> Vec<CardNews>;
}

/// Cards and what they have done, in all since they were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardFacts {
    /// "model", "rtl" or "hardware".
    pub kind: String,
    pub cards: Vec<CardState>,
    pub jobs: u64,
    pub interrupts: u64,
    pub dma_bytes: u64,
    /// Batches, or parts of them, whose results passed the check.
    pub verified: u64,
    /// Times that a card was taken out of service.
    pub failures: u64,
}

/// One of the cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardState {
    /// Its place in the box.
    pub name: String,
    /// Why it is out of service.
    pub trouble: Option<String>,
}

/// A change in a card's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardNews {
    pub card: String,
    pub event: CardEvent,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardEvent {
    OutOfService {
        reason: String,
    },
    /// It was reset and passed its self-test.
    BackInService,
    /// It was reset and did not pass.
    NotRecovered {
        reason: String,
    },
}

/// Proven cards behind a lock: one batch at a time, which all of them share.
pub struct CardBackend<T: Transport> {
    cards: Mutex<Cards<T>>,
    /// As last read: a status request waits for no batch, and a card that is gone keeps its history.
    ledger: Mutex<Ledger>,
    /// Does the checks, and what the cards are not good for.
    cpu: Cpu,
    identities: Vec<Identity>,
    speeds: Speeds,
    deadline_item: Duration,
}

struct Ledger {
    facts: CardFacts,
    /// By card: what it counted before its last reset, and since.
    counts: Vec<(Counts, Counts)>,
    news: Vec<CardNews>,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    jobs: u64,
    interrupts: u64,
    dma_bytes: u64,
}

impl CardFacts {
    pub fn in_service(&self) -> bool {
        self.cards.iter().any(|card| card.trouble.is_none())
    }

    /// Why cards are out of service, each with its name if there are several.
    pub fn troubles(&self) -> Vec<String> {
        let alone = self.cards.len() == 1;
        let told = self.cards.iter().filter_map(|card| {
            let trouble = card.trouble.as_ref()?;
            Some(if alone { trouble.clone() } else { format!("{}: {trouble}", card.name) })
        });
        told.collect()
    }
}

impl<T: Transport> CardBackend<T> {
    /// A single card, whose place does not matter.
    pub fn new(card: LoadedCard<T>) -> CardBackend<T> {
        CardBackend::with_cards(vec![("card".into(), card)])
    }

    /// Cards by their places in the box.
    pub fn with_cards(cards: Vec<(String, LoadedCard<T>)>) -> CardBackend<T> {
        let identities: Vec<Identity> = cards.iter().map(|(_, card)| *card.identity()).collect();
        let simulated = identities.iter().any(|identity| identity.kind == CardKind::RtlSimulation);
        let facts = CardFacts {
            kind: kind(&identities).into(),
            cards: cards.iter().map(|(name, _)| CardState { name: name.clone(), trouble: None }).collect(),
            jobs: 0,
            interrupts: 0,
            dma_bytes: 0,
            verified: 0,
            failures: 0,
        };
        let backend = CardBackend {
            ledger: Mutex::new(Ledger { facts, counts: vec![Default::default(); cards.len()], news: Vec::new() }),
            cards: Mutex::new(Cards::new(cards)),
            cpu: Cpu::new(),
            identities,
            speeds: Speeds::default(),
            deadline_item: if simulated { DEADLINE_ITEM_RTL } else { DEADLINE_ITEM },
        };
        backend.read_counters(&mut backend.lock());
        backend
    }

    fn deadline(&self, items: usize) -> Instant {
        Instant::now() + DEADLINE_FLOOR + self.deadline_item * u32::try_from(items).unwrap_or(u32::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, Cards<T>> {
        // A panic in the middle of a batch leaves cards that notice by themselves what does not fit.
        self.cards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_counters(&self, cards: &mut Cards<T>) {
        let mut ledger = self.ledger();
        for ((_, card), (_, since)) in cards.iter_mut().zip(&mut ledger.counts) {
            if !card.is_out_of_service()
                && let Ok(c) = card.counters()
            {
                *since = Counts { jobs: c.jobs, interrupts: c.interrupts, dma_bytes: c.dma_bytes };
            }
        }
        let sum =
            |count: fn(&Counts) -> u64| ledger.counts.iter().map(|(before, since)| count(before) + count(since)).sum();
        let (jobs, interrupts, dma_bytes) = (sum(|c| c.jobs), sum(|c| c.interrupts), sum(|c| c.dma_bytes));
        (ledger.facts.jobs, ledger.facts.interrupts, ledger.facts.dma_bytes) = (jobs, interrupts, dma_bytes);
    }
}

impl<T: Transport + Send> CardBackend<T> {
    /// Does a batch on the cards; `check` says whether results of some of the items are right.
    fn run(
        &self,
        kind: Kind,
        key: &Key<'_>,
        task: &Task<'_>,
        items: usize,
        check: impl Fn(Range<usize>, &Numbers) -> Result<bool, EngineError> + Sync,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        let limbs = key.modulus.len();
        let verified = Mutex::new(0);
        let check = |range: Range<usize>, words: &[u64]| {
            let right = check(range, &Numbers::from_words(limbs, words.to_vec())?)?;
            *verified.lock().unwrap_or_else(PoisonError::into_inner) += u64::from(right);
            Ok(right)
        };
        let mut cards = self.lock();
        let mut failures = Vec::new();
        let ran = cards.run(key, task, &check, self.deadline(items), control, &mut failures);
        self.read_counters(&mut cards);
        let mut ledger = self.ledger();
        ledger.facts.verified += verified.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut last = None;
        for failure in failures {
            let trouble = CardTrouble::from(failure.trouble);
            ledger.out_of_service(&failure.card, trouble.chain());
            last = Some(trouble);
        }
        match ran {
            Ok(done) => {
                self.speeds.note(kind, items, done.busy);
                Numbers::from_words(limbs, done.results)
            }
            Err(CardsError::NoneLeft) => Err(last.unwrap_or(CardTrouble::NoneInService).into()),
            Err(CardsError::Caller(CardError::Cancelled { .. })) => Err(EngineError::Cancelled),
            Err(CardsError::Caller(error)) => Err(CardTrouble::Driver(error).into()),
            Err(CardsError::Check(error)) => Err(error),
        }
    }
}

impl Ledger {
    fn out_of_service(&mut self, name: &str, reason: String) {
        self.facts.failures += 1;
        self.set(name, Some(reason.clone()));
        self.tell(name, CardEvent::OutOfService { reason });
    }

    fn set(&mut self, name: &str, trouble: Option<String>) {
        if let Some(card) = self.facts.cards.iter_mut().find(|card| card.name == name) {
            card.trouble = trouble;
        }
    }

    fn tell(&mut self, name: &str, event: CardEvent) {
        self.news.push(CardNews { card: name.into(), event });
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
        let Separated { units, others } = separate(&self.cpu, modulus, bases)?;
        let by_cpu = self.cpu.pow_common(modulus, &bases.pick(&others), exponent, control)?;
        if units.numbers().count() == 0 {
            return Ok(by_cpu);
        }
        let key = Key { modulus: modulus.n(), base: None, vector: &[], keep: false };
        let task = Task::Modexp { bases: units.numbers().words(), exponent };
        let check = |items, results: &Numbers| {
            verify::common_exponent(modulus, &units.slice(items), exponent, results, &self.cpu)
        };
        let kind = Kind::common_exponent(modulus, exponent);
        let by_card = self.run(kind, &key, &task, units.numbers().count(), check, control)?;
        Ok(merged(by_card, &by_cpu, &others))
    }

    fn pow_fixed_base(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        base.check(exponents)?;
        if !base.is_unit(&self.cpu)? {
            return self.cpu.pow_fixed_base(base, exponents, control);
        }
        let table = Some((base.base(), base.exponent_bits()));
        let key = Key { modulus: base.modulus().n(), base: table, vector: &[], keep: base.is_public() };
        let task = Task::FixedBase { exponents: exponents.words(), exponent_limbs: exponents.limbs() };
        let check = |items, results: &Numbers| verify::fixed_base(base, &exponents.slice(items), results, &self.cpu);
        self.run(base.kind(), &key, &task, exponents.count(), check, control)
    }

    /// On the CPU: checking a product is computing it.
    fn mul(&self, modulus: &Modulus, a: &Numbers, b: &Numbers, control: Control<'_>) -> Result<Numbers, EngineError> {
        self.cpu.mul(modulus, a, b, control)
    }
}

impl<T: Transport + Send> Accelerator for CardBackend<T> {
    fn facts(&self) -> CardFacts {
        self.ledger().facts.clone()
    }

    fn takes(&self, kind: Kind) -> bool {
        let Kind { work, modulus_bits, exponent_bits } = kind;
        let table = if work == Work::FixedBase { exponent_bits } else { 0 };
        self.identities.iter().all(|card| exponent_bits <= card.max_bits && card.takes(modulus_bits, table, 0))
    }

    fn speed(&self, kind: Kind) -> Option<f64> {
        self.speeds.get(kind)
    }

    fn recover(&self) {
        let mut cards = self.lock();
        let recovered = cards.recover();
        let mut ledger = self.ledger();
        for (name, outcome) in recovered {
            let event = match outcome {
                Ok(()) => {
                    ledger.set(&name, None);
                    CardEvent::BackInService
                }
                Err(error) => CardEvent::NotRecovered { reason: error_chain::chain(&error) },
            };
            ledger.tell(&name, event);
            // A reset cleared its counters, whatever came of it.
            let of_card = cards.iter().position(|(card, _)| card == name);
            if let Some((before, since)) = of_card.and_then(|index| ledger.counts.get_mut(index)) {
                before.add(mem::take(since));
            }
        }
        drop(ledger);
        self.read_counters(&mut cards);
    }

    fn news(&self) -> Vec<CardNews> {
        mem::take(&mut self.ledger().news)
    }
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.jobs += other.jobs;
        self.interrupts += other.interrupts;
        self.dma_bytes += other.dma_bytes;
    }
}

/// The results of a batch, of which those at the indices `others` were computed apart.
fn merged(results: Numbers, apart: &Numbers, others: &[usize]) -> Numbers {
    if others.is_empty() {
        return results;
    }
    let mut all = Numbers::zero(results.limbs(), results.count() + others.len());
    let (mut results, mut apart, mut others) = (results.iter(), apart.iter(), others.iter().peekable());
    for (index, item) in all.iter_mut().enumerate() {
        let from = if others.next_if(|other| **other == index).is_some() { apart.next() } else { results.next() };
        item.copy_from_slice(from.unwrap_or_default());
    }
    all
}

/// What a person may believe the cards are, and never more.
fn kind(identities: &[Identity]) -> &'static str {
    let is = |kind| identities.iter().any(|identity| identity.kind == kind);
    match (is(CardKind::FunctionalModel), is(CardKind::RtlSimulation)) {
        (true, _) => "model",
        (false, true) => "rtl",
        (false, false) => "hardware",
    }
}
