//! How long a job may take: what its work needs on the slowest card of its kind, and then some.
//!
//! A card that hangs is found by the first job that is late, however long the batch is.

use std::time::Duration;

use card_csr::{Descriptor, FIXED_BASE_WINDOW, Operation, regs::CardKind};

use crate::identity::Identity;

impl Identity {
    /// What a job may take beyond its work: machines under emulation pause now and then.
    pub(crate) fn floor(&self) -> Duration {
        match self.kind {
            CardKind::RtlSimulation => Duration::from_secs(20),
            CardKind::FunctionalModel | CardKind::Hardware => Duration::from_secs(5),
        }
    }

    /// The work of one job.
    pub(crate) fn allowance(&self, job: &Descriptor) -> Duration {
        let limbs = u64::from(job.limbs);
        // Items go through an engine in groups; one alone takes as long as a whole group.
        let items = u64::from(job.items).next_multiple_of(self.slots.max(1) as u64);
        let width = u64::from(job.exponent_limbs);
        let products = match job.operation {
            Operation::LoadContext => {
                u64::from(job.exponent_bits).div_ceil(FIXED_BASE_WINDOW.into()) * ((1 << FIXED_BASE_WINDOW) + 1) + 8
            }
            Operation::UnloadContext => 0,
            // A square for each bit, a product for each window, a table of powers.
            Operation::Modexp => items * (width * 64 * 5 / 4 + 40),
            Operation::FixedBase => items * (width * 8 + 4),
            Operation::Modmul | Operation::LoadVector => items * 4,
            Operation::MultiplyAccumulate => items * (width * 2 + 4),
        };
        let wiped = match job.operation {
            Operation::LoadContext | Operation::UnloadContext => self.cycles(self.region_cycles()),
            _ => Duration::ZERO,
        };
        self.product(limbs).saturating_mul(u32::try_from(products).unwrap_or(u32::MAX)) + wiped
    }

    /// A reset zeroizes the whole of the card's memory; before that and after it the card may wait for a memory in vain.
    pub(crate) fn reset_allowance(&self) -> Duration {
        self.floor() + self.cycles(self.region_cycles() * self.contexts as u64 + 2 * self.bus_patience)
    }

    /// So many cycles of the slowest clock: of a simulation on a busy machine, of a small FPGA.
    pub(crate) fn cycles(&self, cycles: u64) -> Duration {
        match self.kind {
            CardKind::RtlSimulation => Duration::from_micros(cycles.saturating_mul(20)),
            CardKind::Hardware => Duration::from_nanos(cycles.saturating_mul(20)),
            CardKind::FunctionalModel => Duration::ZERO,
        }
    }

    /// One Montgomery product.
    fn product(&self, limbs: u64) -> Duration {
        if self.kind == CardKind::FunctionalModel {
            return Duration::from_nanos(5000 + 50 * limbs * limbs);
        }
        let digits = |digit: u32| (64 * limbs + 2).div_ceil(u64::from(digit.max(1)));
        let digit_products = 2 * digits(self.multiplier_digit) * digits(self.multiplicand_digit);
        self.cycles(64 + digit_products * 5 / 4 / self.multipliers.max(1) as u64)
    }

    /// Cycles that zeroize one context's region of the card's memory, at half a word a cycle.
    fn region_cycles(&self) -> u64 {
        (self.table_bytes + self.vector_bytes) as u64 / 8 * 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::EMPTY;

    fn identity(kind: CardKind) -> Identity {
        Identity {
            kind,
            map_version: (2, 1),
            build: 0,
            max_bits: 6144,
            engines: 1,
            contexts: 8,
            max_items: 4096,
            max_exponent_bits: 6144,
            multiplier_digit: 17,
            multiplicand_digit: 26,
            slots: 4,
            multipliers: 33,
            table_bytes: 1 << 20,
            vector_bytes: 1 << 20,
            bus_patience: 1 << 23,
        }
    }

    /// A bound grows with the work, and is several times what the RTL needs at 2048 bits: 22 000 digit products each.
    #[test]
    fn bounds_follow_the_work() {
        let job = Descriptor { operation: Operation::Modexp, items: 4, limbs: 32, exponent_limbs: 32, ..EMPTY };
        let hardware = identity(CardKind::Hardware).allowance(&job);
        assert!(hardware > Duration::from_millis(100) && hardware < Duration::from_secs(1), "{hardware:?}");
        let more = Descriptor { items: 64, ..job };
        assert_eq!(identity(CardKind::Hardware).allowance(&more), 16 * hardware);
        assert_eq!(identity(CardKind::RtlSimulation).allowance(&job), 1000 * hardware);
        assert!(identity(CardKind::FunctionalModel).allowance(&job) < Duration::from_secs(2));
    }

    /// The driver hears from the card that it gave up a memory before it gives the card up.
    #[test]
    fn a_reset_outlasts_the_cards_own_patience() {
        for kind in [CardKind::Hardware, CardKind::RtlSimulation] {
            let card = identity(kind);
            let patient = Identity { bus_patience: 1 << 30, ..card };
            let more = patient.reset_allowance() - card.reset_allowance();
            assert_eq!(more, card.cycles(2 * ((1 << 30) - (1 << 23))));
        }
    }
}
