//! How slow the other side of a stream may be. Pure: time comes in as a number.
//!
//! A bound on silence alone lets a byte every now and then hold a place for ever. So each stream has a credit of waiting: it
//! begins full, shrinks by what the other side makes this one wait, and grows with the bytes that move. A stream of b bytes
//! makes nobody wait longer than `grace` + b / `rate`, and one that falls to a trickle ends within `grace`, whatever came before.

use std::time::Duration;

/// A stream's bounds.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// For a single wait.
    pub silence: Duration,
    /// The most credit, and what a stream begins with.
    pub grace: Duration,
    /// Bytes in a second.
    pub rate: u32,
}

/// One stream's credit.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    bounds: Bounds,
    credit: Duration,
}

impl Pace {
    pub fn new(bounds: Bounds) -> Pace {
        Pace { bounds, credit: bounds.grace }
    }

    /// How long the next wait may last.
    pub fn patience(&self) -> Duration {
        self.credit.min(self.bounds.silence)
    }

    /// So many bytes moved, after such a wait.
    pub fn moved(&mut self, bytes: usize, waited: Duration) {
        let earned = Duration::from_secs_f64(bytes as f64 / f64::from(self.bounds.rate));
        self.credit = (self.credit.saturating_sub(waited) + earned).min(self.bounds.grace);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOUNDS: Bounds = Bounds { silence: Duration::from_secs(20), grace: Duration::from_secs(60), rate: 16 << 10 };

    /// Waits of these lengths, each for so many bytes, until one is too long: bytes, and the time waited.
    fn run(waits: &[(u64, usize)]) -> (usize, Duration, bool) {
        let (mut pace, mut bytes, mut waited) = (Pace::new(BOUNDS), 0, Duration::ZERO);
        for (milliseconds, more) in waits {
            let wait = Duration::from_millis(*milliseconds);
            if wait > pace.patience() {
                return (bytes, waited + pace.patience(), true);
            }
            pace.moved(*more, wait);
            (bytes, waited) = (bytes + more, waited + wait);
        }
        (bytes, waited, false)
    }

    #[test]
    fn a_byte_now_and_then_is_not_enough() {
        // A second less than the silence that is allowed; and the same after much that came fast.
        let trickle = vec![(19_000, 1); 100];
        let (_, waited, cut) = run(&trickle);
        assert!(cut && waited <= Duration::from_secs(61), "{waited:?}");
        let fast_first: Vec<_> = std::iter::repeat_n((1, 1 << 20), 256).chain(trickle).collect();
        let (_, waited, cut) = run(&fast_first);
        assert!(cut && waited <= Duration::from_secs(62), "{waited:?}");
    }

    proptest! {
        #[test]
        fn nobody_waits_longer_than_grace_and_the_bytes_time(waits in prop::collection::vec((0u64..30_000, 0usize..1 << 20), 0..200)) {
            let (bytes, waited, _) = run(&waits);
            let bound = BOUNDS.grace.as_secs_f64() + bytes as f64 / f64::from(BOUNDS.rate);
            prop_assert!(waited.as_secs_f64() <= bound + 1e-3);
        }

        #[test]
        fn who_keeps_the_rate_is_never_cut_off(waits in prop::collection::vec(0u64..20_000, 0..200)) {
            let kept: Vec<_> = waits.iter().map(|ms| (*ms, (*ms as usize * BOUNDS.rate as usize).div_ceil(1000))).collect();
            prop_assert!(!run(&kept).2);
        }
    }
}
