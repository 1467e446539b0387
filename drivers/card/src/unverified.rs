//! Results that nobody has checked yet.

use std::{fmt, mem};

use zeroize::Zeroize;

/// A card's results before the caller's check; wiped if they are dropped without it, or refused by it.
#[must_use = "results count only once they are verified"]
pub struct Unverified<T: Zeroize + Default>(T);

impl<T: Zeroize + Default> Unverified<T> {
    pub(crate) fn new(results: T) -> Self {
        Self(results)
    }

    /// For the driver, to fill in.
    pub(crate) fn inner(&mut self) -> &mut T {
        &mut self.0
    }

    /// The only door to the results: `check` sees them, and they come out if it is satisfied.
    pub fn verify<E>(mut self, check: impl FnOnce(&T) -> Result<(), E>) -> Result<T, E> {
        check(&self.0)?;
        Ok(mem::take(&mut self.0))
    }
}

impl<T: Zeroize + Default> Drop for Unverified<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize + Default> fmt::Debug for Unverified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unverified(..)")
    }
}
