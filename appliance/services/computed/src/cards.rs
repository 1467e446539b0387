//! The thread that looks after the cards: tells the audit log and the console what becomes of them, and has those that are
//! out of service try their self-test again, with a growing pause.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use engine::{CardEvent, CardNews, CardStatus, Engine};
use ipc::control::Report;
use serde_json::json;

use crate::audit::Audit;
use crate::error::ComputeError;
use crate::limits::{CARD_PAUSE, CARD_PAUSE_MAX};

const LOOK: Duration = Duration::from_millis(200);

pub(crate) struct Keeper {
    pub(crate) engine: Arc<Engine>,
    pub(crate) audit: Audit,
    pub(crate) reports: Sender<Report>,
    pub(crate) stopping: Arc<AtomicBool>,
}

impl Keeper {
    pub(crate) fn start(self) -> Result<thread::JoinHandle<()>, ComputeError> {
        thread::Builder::new().name("cards".into()).spawn(move || self.run()).map_err(ComputeError::Runtime)
    }

    fn run(self) {
        if let CardStatus::InService(facts) = self.engine.status().card {
            for card in facts.cards {
                self.show(format!("{} in service ({}), its self-test passed", card.name, facts.kind));
            }
        }
        let mut recovery = Recovery::default();
        let mut told = Told::default();
        while !self.stopping.load(Ordering::Relaxed) {
            for CardNews { card, event } in self.engine.card_news() {
                let now = Instant::now();
                match event {
                    CardEvent::OutOfService { reason } => {
                        recovery.failed(now);
                        self.record("card out of service", &card, &reason);
                        self.show(format!("{card} out of service: {reason}"));
                        told.forget(&card);
                    }
                    CardEvent::NotRecovered { reason } => {
                        recovery.failed(now);
                        // A card that stays broken is tried for as long as the box runs, and told of once.
                        if told.is_new(&card, &reason) {
                            self.record("card not recovered", &card, &reason);
                            self.show(format!("{card} stays out of service: {reason}"));
                        }
                    }
                    CardEvent::BackInService => {
                        recovery.succeeded(now);
                        self.record("card in service", &card, "");
                        self.show(format!("{card} back in service, its self-test passed"));
                    }
                }
            }
            if recovery.is_due(Instant::now()) {
                self.engine.recover_cards();
            }
            thread::sleep(LOOK);
        }
    }

    fn record(&self, action: &str, card: &str, reason: &str) {
        if let Err(e) = self.audit.record_blocking("", action, json!({ "card": card, "reason": reason })) {
            eprintln!("computed: the audit log: {e}");
        }
    }

    fn show(&self, line: String) {
        // The supervisor gone means that this process is about to end.
        let _ = self.reports.send(Report::Card(line));
    }
}

/// What was last told of each card that stays broken.
#[derive(Debug, Default)]
struct Told(BTreeMap<String, String>);

impl Told {
    /// Whether this is not what was told of this card before; from now on it is.
    fn is_new(&mut self, card: &str, reason: &str) -> bool {
        self.0.insert(card.into(), reason.into()).is_none_or(|before| before != reason)
    }

    fn forget(&mut self, card: &str) {
        self.0.remove(card);
    }
}

/// When cards that are out of service are tried again, all of them at once.
#[derive(Debug, Default)]
struct Recovery {
    pause: Duration,
    next: Option<Instant>,
    good_since: Option<Instant>,
}

impl Recovery {
    /// The pause doubles with each try that one of them fails, and when one that came back fails again soon. Another that
    /// fails while a try is planned is tried with it.
    fn failed(&mut self, now: Instant) {
        if self.next.is_some() {
            return;
        }
        let lasted = self.good_since.take().is_some_and(|since| now - since > CARD_PAUSE_MAX);
        self.pause = if lasted { CARD_PAUSE } else { (self.pause * 2).clamp(CARD_PAUSE, CARD_PAUSE_MAX) };
        self.next = Some(now + self.pause);
    }

    /// One is back; what is planned for others stays.
    fn succeeded(&mut self, now: Instant) {
        self.good_since = Some(now);
    }

    fn is_due(&mut self, now: Instant) -> bool {
        self.next.take_if(|next| *next <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_card_is_told_of_once_whatever_is_told_of_others() {
        let mut told = Told::default();
        assert!(told.is_new("a", "gone") && told.is_new("b", "gone"), "two cards with one reason are two");
        assert!(!told.is_new("a", "gone") && !told.is_new("b", "gone"));
        assert!(told.is_new("a", "locked") && !told.is_new("b", "gone"));
        told.forget("b");
        assert!(told.is_new("b", "gone"));
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
