//! What to do about cards that are out of service: when to try them again, and what of it to announce. Pure: time comes in as
//! a number.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::limits::{CARD_PAUSE, CARD_PAUSE_MAX};

/// What was last announced of each card that stays broken.
#[derive(Debug, Default)]
pub(crate) struct Announced(BTreeMap<String, String>);

impl Announced {
    /// Whether this is not what was announced of this card last; from now on it is.
    pub(crate) fn is_new(&mut self, card: &str, reason: &str) -> bool {
        self.0.insert(card.into(), reason.into()).is_none_or(|before| before != reason)
    }

    pub(crate) fn forget(&mut self, card: &str) {
        self.0.remove(card);
    }
}

/// When cards that are out of service are tried again, all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Recovery {
    pause: Duration,
    next: Option<Instant>,
    good_since: Option<Instant>,
}

impl Recovery {
    /// The pause doubles with each try that one of them fails, and when one that came back fails again soon. Another that
    /// fails while a try is planned is tried with it.
    pub(crate) fn failed(&mut self, now: Instant) {
        if self.next.is_some() {
            return;
        }
        let lasted = self.good_since.take().is_some_and(|since| now - since > CARD_PAUSE_MAX);
        self.pause = if lasted { CARD_PAUSE } else { (self.pause * 2).clamp(CARD_PAUSE, CARD_PAUSE_MAX) };
        self.next = Some(now + self.pause);
    }

    /// One is back; what is planned for others stays.
    pub(crate) fn succeeded(&mut self, now: Instant) {
        self.good_since = Some(now);
    }

    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        self.next.take_if(|next| *next <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_card_is_told_of_once_whatever_is_told_of_others() {
        let mut announced = Announced::default();
        assert!(announced.is_new("a", "gone") && announced.is_new("b", "gone"), "two cards with one reason are two");
        assert!(!announced.is_new("a", "gone") && !announced.is_new("b", "gone"));
        assert!(announced.is_new("a", "locked") && !announced.is_new("b", "gone"));
        announced.forget("b");
        assert!(announced.is_new("b", "gone"));
    }

    #[test]
    fn pauses_grow_and_start_anew_after_a_good_time() {
        let (mut recovery, mut now) = (Recovery::default(), Instant::now());
        for expected in [CARD_PAUSE, 2 * CARD_PAUSE, 4 * CARD_PAUSE] {
            recovery.failed(now);
            // Of several cards that fail together, and of one that is back while another is not.
            recovery.failed(now);
            recovery.succeeded(now);
            assert!(!recovery.is_due(now + expected - Duration::from_millis(1)));
            now += expected;
            assert!(recovery.is_due(now) && !recovery.is_due(now));
        }
        for _ in 0..20 {
            recovery.failed(now);
            now += CARD_PAUSE_MAX;
            assert!(recovery.is_due(now));
        }
        recovery.succeeded(now);
        recovery.failed(now + 2 * CARD_PAUSE_MAX);
        assert!(recovery.is_due(now + 2 * CARD_PAUSE_MAX + CARD_PAUSE));
    }
}
