//! How fast batches went, by what they are.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::modulus::Modulus;

/// Batches that go at the same speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    pub work: Work,
    pub modulus_bits: usize,
    pub exponent_bits: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Many bases, one exponent.
    CommonExponent,
    /// One base, many exponents.
    FixedBase,
}

impl Kind {
    pub(crate) fn common_exponent(modulus: &Modulus, exponent: &[u64]) -> Kind {
        let (modulus_bits, exponent_bits) = (modulus.bits(), exponent.len() * 64);
        Kind { work: Work::CommonExponent, modulus_bits, exponent_bits }
    }
}

/// Items a second.
#[derive(Default)]
pub(crate) struct Speeds(Mutex<BTreeMap<Kind, f64>>);

impl Speeds {
    /// The mean of what was known and what is new, so that one disturbed batch does not decide.
    pub(crate) fn note(&self, kind: Kind, items: usize, took: Duration) {
        if items > 0 && !took.is_zero() {
            let new = items as f64 / took.as_secs_f64();
            let mut speeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            speeds.entry(kind).and_modify(|old| *old = (*old + new) / 2.0).or_insert(new);
        }
    }

    pub(crate) fn get(&self, kind: Kind) -> Option<f64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&kind).copied()
    }
}
