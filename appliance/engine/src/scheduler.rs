//! Which backend does a batch, and what happens when the card fails.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{Accelerator, Backend, CardFacts, Control, EngineError, FixedBase, Modulus, Numbers, Portable, verify};

/// How many times cheaper the check must be than the work before the card is asked.
const WORTH: usize = 2;

/// The engine that the service uses: the card where it is there, in service and worth it, the CPU for the rest.
pub struct Engine {
    portable: Portable,
    card: Mutex<Slot>,
}

enum Slot {
    /// No card, and why, in a sentence.
    Absent(String),
    InService(Arc<dyn Accelerator>),
    Out {
        facts: CardFacts,
        reason: String,
    },
}

#[derive(Clone, Debug)]
pub struct EngineStatus {
    /// "card" while one is in service, "portable" without.
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
        Engine { portable: Portable::new(), card: Mutex::new(Slot::Absent(reason.into())) }
    }

    pub fn with_card(card: impl Accelerator + 'static) -> Engine {
        Engine { portable: Portable::new(), card: Mutex::new(Slot::InService(Arc::new(card))) }
    }

    pub fn portable(&self) -> &Portable {
        &self.portable
    }

    pub fn status(&self) -> EngineStatus {
        let card = match &*self.slot() {
            Slot::Absent(reason) => CardStatus::Absent { reason: reason.clone() },
            Slot::InService(card) => CardStatus::InService(card.facts()),
            Slot::Out { facts, reason } => CardStatus::OutOfService { facts: facts.clone(), reason: reason.clone() },
        };
        let engine = if matches!(card, CardStatus::InService(_)) { "card" } else { "portable" };
        EngineStatus { engine, threads: self.portable.threads(), card }
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
        let work = bases.count() * bits;
        let check = 2 * verify::products_cost(bases.count()) + verify::SUBSETS * bits;
        let card = self.card_for(modulus.bits(), bits, work, check);
        self.or_on_cpu(card, |backend| backend.pow_common(modulus, bases, exponent, control))
    }

    /// See [`Backend::pow_fixed_base`].
    pub fn pow_fixed_base(
        &self,
        base: &FixedBase,
        exponents: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        let work = exponents.count() * base.cost();
        let check = verify::products_cost(exponents.count()) + verify::SUBSETS * base.cost() + base.table_cost();
        let card = self.card_for(base.modulus().bits(), base.exponent_bits(), work, check);
        self.or_on_cpu(card, |backend| backend.pow_fixed_base(base, exponents, control))
    }

    /// See [`Backend::mul`]; on the CPU, since checking a product is computing it.
    pub fn mul(
        &self,
        modulus: &Modulus,
        a: &Numbers,
        b: &Numbers,
        control: Control<'_>,
    ) -> Result<Numbers, EngineError> {
        self.portable.mul(modulus, a, b, control)
    }

    /// Takes the card out of service for a reason known elsewhere.
    pub fn retire_card(&self, reason: String) {
        let mut slot = self.slot();
        if let Slot::InService(card) = &*slot {
            let facts = card.facts();
            *slot = Slot::Out { facts, reason };
        }
    }

    fn card_for(&self, bits: usize, exponent_bits: usize, work: usize, check: usize) -> Option<Arc<dyn Accelerator>> {
        match &*self.slot() {
            Slot::InService(card) if work > WORTH * check && card.takes(bits, exponent_bits) => Some(card.clone()),
            _ => None,
        }
    }

    fn or_on_cpu(
        &self,
        card: Option<Arc<dyn Accelerator>>,
        run: impl Fn(&dyn Backend) -> Result<Numbers, EngineError>,
    ) -> Result<Numbers, EngineError> {
        if let Some(card) = card {
            match run(&*card) {
                Err(EngineError::Card(trouble)) => self.retire_card(trouble.chain()),
                other => return other,
            }
        }
        run(&self.portable)
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Slot> {
        self.card.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
