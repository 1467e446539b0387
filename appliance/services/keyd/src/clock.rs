//! Two clocks: one that people set, and one that only runs. Where they part, the first was set. Pure: both times come in as numbers.

/// Less than this is drift, or a clock that is being slowed.
const JUMP_S: u64 = 5;

pub(crate) struct Clock {
    /// What the first one is ahead by.
    ahead_s: i64,
}

impl Clock {
    pub(crate) fn new(set_s: u64, steady_s: u64) -> Clock {
        Clock { ahead_s: ahead(set_s, steady_s) }
    }

    /// By how much it was set forward, or back, since it was looked at.
    pub(crate) fn jumped(&mut self, set_s: u64, steady_s: u64) -> Option<i64> {
        let now = ahead(set_s, steady_s);
        let by = now - self.ahead_s;
        if by.unsigned_abs() < JUMP_S {
            return None;
        }
        self.ahead_s = now;
        Some(by)
    }
}

fn ahead(set_s: u64, steady_s: u64) -> i64 {
    set_s.min(i64::MAX as u64 / 2) as i64 - steady_s.min(i64::MAX as u64 / 2) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_seen_once_and_drift_is_none() {
        let mut clock = Clock::new(100, 10);
        assert_eq!(clock.jumped(200, 110), None);
        assert_eq!(clock.jumped(304, 210), None);
        assert_eq!(clock.jumped(1_800_000_000, 211), Some(1_800_000_000 - 301));
        assert_eq!(clock.jumped(1_800_000_001, 212), None);
        assert_eq!(clock.jumped(0, 213), Some(-1_800_000_002));
        assert!(clock.jumped(u64::MAX, 0).is_some());
    }
}
