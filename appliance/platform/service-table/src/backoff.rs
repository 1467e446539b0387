//! When a service that died is started again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(30);
/// A service that ran this long has recovered; its next death counts as the first.
pub const RECOVERED: Duration = Duration::from_secs(60);
/// From this many deaths in a row on, the box says that it is degraded.
const DEGRADED_AFTER: u32 = 5;

/// The deaths in a row of the services, and what follows from them.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    deaths: u32,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Restart {
    pub(crate) after: Duration,
    pub(crate) degraded: bool,
}

impl Backoff {
    /// `ran`: how long the service lived this time.
    pub(crate) fn died(&mut self, ran: Duration) -> Restart {
        self.deaths = if ran >= RECOVERED { 1 } else { self.deaths.saturating_add(1) };
        let doublings = (self.deaths - 1).min(16);
        Restart { after: (FIRST * 2u32.pow(doublings)).min(LONGEST), degraded: self.deaths >= DEGRADED_AFTER }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deaths_in_a_row_wait_longer_and_end_degraded_but_never_give_up() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..20).map(|_| backoff.died(Duration::from_secs(1))).collect();
        assert_eq!(waits[0], Restart { after: FIRST, degraded: false });
        assert!(waits.windows(2).all(|w| w[0].after <= w[1].after));
        assert!(!waits[3].degraded && waits[4].degraded);
        assert_eq!(waits[19].after, LONGEST);
        assert_eq!(backoff.died(RECOVERED), Restart { after: FIRST, degraded: false });
    }
}
