//! Who does a batch, and what happens when the card fails.

use std::ops::Range;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::backend::Backend;
use crate::card_backend::{Accelerator, CardFacts, CardNews};
use crate::control::Control;
use crate::cpu::Cpu;
use crate::cpu_backend::one_plus;
use crate::error::EngineError;
use crate::fixed_base::FixedBase;
use crate::modulus::Modulus;
use crate::numbers::Numbers;
use crate::speeds::Kind;
use crate::speeds::Speeds;
use crate::verify;

/// How many times cheaper the check must be than the work before the card is asked.
const WORTH: usize = 2;
/// The CPU's part of a batch, as a divisor, until both have been measured; and the least that it is used for beside a card: it
/// has other work.
const FIRST_SHARE: usize = 8;
/// A simulated card's part: as many items as one of its engines works on at a time.
const SIMULATED: usize = 4;

/// The engine that the service uses: a batch goes to the card, where one is in service and worth it, and to the CPU, in
/// parts that take both as long; then the CPU checks the card's part. Results are in the order of the operands.
pub struct Engine {
    cpu: Cpu,
    card: Slot,
    /// The CPU's.
    speeds: Speeds,
}

enum Slot {
    /// No card, and why, in a sentence.
    Absent(String),
    Present(Arc<dyn Accelerator>),
}

#[derive(Clone, Debug)]
pub struct EngineStatus {
    /// "card" while one is in service, without one the CPU's unit: "avx512ifma", "avx2", "portable".
    pub engine: &'static str,
    pub threads: usize,
    pub card: CardStatus,
}

#[derive(Clone, Debug)]
pub enum CardStatus {
    Absent { reason: String },
    InService(CardFacts),
    OutOfService { facts: CardFacts, reason: String },
}

impl Engine {
    pub fn without_card(reason: impl Into<String>) -> Engine {
        Engine::new(Cpu::new(), Slot::Absent(reason.into()))
    }

    pub fn with_card(card: impl Accelerator + 'static) -> Engine {
        Engine::with_card_beside(Cpu::new(), card)
    }

    /// A card beside a CPU of the caller's choice.
    pub fn with_card_beside(cpu: Cpu, card: impl Accelerator + 'static) -> Engine {
        Engine::new(cpu, Slot::Present(Arc::new(card)))
    }

    /// No card, and not the CPU as a whole: for measurements and tests.
    pub fn on_cpu(cpu: Cpu) -> Engine {
        Engine::new(cpu, Slot::Absent("the CPU alone was asked for".into()))
    }

    fn new(cpu: Cpu, slot: Slot) -> Engine {
        Engine { cpu, card: slot, speeds: Speeds::default() }
    }

    pub fn cpu(&self) -> &Cpu {
        &self.cpu
    }

    pub fn status(&self) -> EngineStatus {
        let card = match &self.card {
            Slot::Absent(reason) => CardStatus::Absent { reason: reason.clone() },
            Slot::Present(card) => match card.facts() {
                facts if facts.in_service() => CardStatus::InService(facts),
                facts => CardStatus::OutOfService { reason: facts.troubles().join("; "), facts },
            },
        };
        let engine = if matches!(card, CardStatus::InService(_)) { "card" } else { self.cpu.name() };
        EngineStatus { engine, threads: self.cpu.threads(), card }
    }

    /// See [`Backend::pow_common`].
    pub fn pow_common(
        &self,
        modulus: &Modulus,
        bases: &Numbers,
        exponent: &[u64],
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        let bits = exponent.len() * 64;
        let cost = |items: usize| (items * bits, items + 2 * verify::products_cost(items) + verify::SUBSETS * bits);
        let kind = Kind::common_exponent(modulus, exponent);
        self.shared(kind, bases.count(), cost, |backend, items| {
            backend.pow_common(modulus, &bases.slice(items), exponent, control)
        })
    }

    /// See [`Backend::pow_fixed_base`].
    pub fn pow_fixed_base(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        if !base.is_plain() {
            return self.cpu.pow_fixed_base(base, exponents, control);
        }
        self.shared(base.kind(), exponents.count(), self.fixed_base_cost(base), |backend, items| {
            backend.pow_fixed_base(base, &exponents.slice(items), control)
        })
    }

    /// The powers times a factor each, below the modulus; see [`Cpu::pow_fixed_base_times`].
    pub fn pow_fixed_base_times(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        factors: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        let kind = base.kind();
        let asked = self.card_for(kind, exponents.count(), &self.fixed_base_cost(base));
        if asked.is_none() || !base.is_plain() {
            return self
                .timed(kind, exponents.count(), || self.cpu.pow_fixed_base_times(base, exponents, factors, control));
        }
        let powers = self.pow_fixed_base(base, exponents, control)?;
        self.cpu.mul(base.modulus(), &powers, factors, &|_| control(0))
    }

    /// The powers times 1 + m root each; see [`Cpu::pow_fixed_base_one_plus`].
    pub fn pow_fixed_base_one_plus(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        multiples: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        let kind = base.kind();
        if self.card_for(kind, exponents.count(), &self.fixed_base_cost(base)).is_some() && base.is_plain() {
            let factors = one_plus(&self.cpu, base.modulus(), multiples)?;
            return self.pow_fixed_base_times(base, exponents, &factors, control);
        }
        self.timed(kind, exponents.count(), || self.cpu.pow_fixed_base_one_plus(base, exponents, multiples, control))
    }

    /// See [`Cpu::pow_each`]; on the CPU, since checking these would be computing them.
    pub fn pow_each(
        &self,
        modulus: &Modulus,
        bases: &Numbers,
        exponents: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        self.cpu.pow_each(modulus, bases, exponents, control)
    }

    /// See [`Backend::mul`]; on the CPU, since checking a product is computing it.
    pub fn mul(
        &self,
        modulus: &Modulus,
        a: &Numbers,
        b: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        self.cpu.mul(modulus, a, b, control)
    }

    /// Has cards that are out of service reset themselves and pass their self-test. A batch meanwhile waits for it, or it
    /// for the batch.
    pub fn recover_cards(&self) {
        if let Slot::Present(card) = &self.card {
            card.recover();
        }
    }

    /// What happened to cards since this was last asked.
    pub fn card_news(&self) -> Vec<CardNews> {
        match &self.card {
            Slot::Absent(_) => Vec::new(),
            Slot::Present(card) => card.news(),
        }
    }

    /// Runs a batch of `count` items; `cost` gives the work and the check of a part, in multiplications.
    fn shared(
        &self,
        kind: Kind,
        count: usize,
        cost: impl Fn(usize) -> (usize, usize),
        run: impl Fn(&dyn Backend, Range<usize>) -> Result<Numbers, EngineError> + Sync,
    ) -> Result<Numbers, EngineError> {
        let on_cpu = |items: Range<usize>| self.timed(kind, items.len(), || run(&self.cpu, items));
        let Some((card, split)) = self.card_for(kind, count, &cost) else { return on_cpu(0..count) };
        let (by_card, by_cpu) = thread::scope(|scope| {
            let card = scope.spawn(|| run(&*card, 0..split));
            let by_cpu = on_cpu(split..count);
            (card.join(), by_cpu)
        });
        let by_card = by_card.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let by_card = match by_card {
            // The cards that failed are out of service; why is in their facts.
            Err(EngineError::Card(_)) => on_cpu(0..split)?,
            other => other?,
        };
        by_card.joined(&by_cpu?)
    }

    /// The card, if it is in service and its part of the batch, which begins with the first item, is worth the check.
    fn card_for(
        &self,
        kind: Kind,
        count: usize,
        cost: &impl Fn(usize) -> (usize, usize),
    ) -> Option<(Arc<dyn Accelerator>, usize)> {
        let Slot::Present(card) = &self.card else { return None };
        let facts = card.facts();
        if !facts.in_service() || !card.takes(kind) {
            return None;
        }
        if facts.kind == "rtl" {
            // A simulation is never worth it. It gets a few items, so that everything that a card has to do with is used.
            return (count > 0).then(|| (card.clone(), count.min(SIMULATED)));
        }
        let part = match (card.speed(kind), self.speeds.get(kind)) {
            (Some(card), Some(cpu)) if cpu * (FIRST_SHARE as f64) < card + cpu => count,
            (Some(card), Some(cpu)) => (count as f64 * card / (card + cpu)) as usize,
            _ => count - count / FIRST_SHARE,
        };
        let (work, check) = cost(part);
        (work > WORTH * check).then(|| (card.clone(), part))
    }

    fn fixed_base_cost(&self, base: &FixedBase) -> impl Fn(usize) -> (usize, usize) {
        // The check's table is the one that the CPU's own part needs.
        let each = base.cost(self.cpu.unit());
        move |items| (items * each, verify::products_cost(items) + verify::SUBSETS * each)
    }

    /// Runs a part on the CPU and remembers how fast it went.
    fn timed(
        &self,
        kind: Kind,
        items: usize,
        run: impl FnOnce() -> Result<Numbers, EngineError>,
    ) -> Result<Numbers, EngineError> {
        let start = Instant::now();
        let results = run()?;
        self.speeds.note(kind, items, start.elapsed());
        Ok(results)
    }
}
