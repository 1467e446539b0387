//! The thread that looks after the cards: tells the audit log and the console what becomes of them, and has those that are
//! out of service try their self-test again, with a growing pause.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use engine::{CardEvent, CardNews, CardStatus, Engine};
use ipc::control::Report;
use serde_json::json;

use crate::audit::Audit;
use crate::card_recovery::{Announced, Recovery};
use crate::error::ComputeError;

const LOOK: Duration = Duration::from_millis(200);

pub(crate) struct CardMonitor {
    pub(crate) engine: Arc<Engine>,
    pub(crate) audit: Audit,
    pub(crate) reports: Sender<Report>,
    pub(crate) stopping: Arc<AtomicBool>,
}

impl CardMonitor {
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
        let mut announced = Announced::default();
        while !self.stopping.load(Ordering::Relaxed) {
            for CardNews { card, event } in self.engine.card_news() {
                let now = Instant::now();
                match event {
                    CardEvent::OutOfService { reason } => {
                        recovery.failed(now);
                        self.record("card out of service", &card, &reason);
                        self.show(format!("{card} out of service: {reason}"));
                        announced.forget(&card);
                    }
                    CardEvent::NotRecovered { reason } => {
                        recovery.failed(now);
                        // A card that stays broken is tried for as long as the box runs, and told of once.
                        if announced.is_new(&card, &reason) {
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
        self.audit.relief_blocking("", action, json!({ "card": card, "reason": reason }));
    }

    fn show(&self, line: String) {
        // The supervisor gone means that this process is about to end.
        let _ = self.reports.send(Report::card(&line));
    }
}
