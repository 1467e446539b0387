//! What is known of the running box, and how it is told. Pure: reports and facts come in, lines for the console go out.

use std::collections::{BTreeMap, BTreeSet};

use ipc::control::{BoxFacts, Report};

/// The state of the box as its console tells it.
pub(crate) struct BoxStatus {
    facts: BoxFacts,
    cards: Vec<String>,
    /// What computed last said of each card.
    card_states: BTreeMap<String, String>,
    network: Option<String>,
    /// The services that said that they serve.
    ready: BTreeSet<&'static str>,
    announced: bool,
}

impl BoxStatus {
    /// Before any service reported. `network`: how the box is addressed, if it is.
    pub(crate) fn new(facts: BoxFacts, cards: Vec<String>, network: Option<String>) -> BoxStatus {
        let (card_states, ready) = Default::default();
        BoxStatus { facts, cards, card_states, network, ready, announced: false }
    }

    pub(crate) fn facts(&self) -> &BoxFacts {
        &self.facts
    }

    pub(crate) fn cards(&self) -> &[String] {
        &self.cards
    }

    /// Takes a service's report in; the line to show, if it is worth one.
    pub(crate) fn take(&mut self, service: &'static str, report: Report) -> Option<String> {
        match report {
            Report::Ready => {
                self.ready.insert(service);
                None
            }
            Report::Console(line) => Some(line),
            Report::Card(line) => {
                let (address, state) = line.split_once(' ').unwrap_or((&line, ""));
                self.card_states.insert(address.into(), state.into());
                Some(format!("card {line}"))
            }
            Report::Degraded(why) => Some(format!("degraded: {service}: {why}")),
        }
    }

    /// Whether all `services` are ready now and were not when this was last asked.
    pub(crate) fn becomes_ready(&mut self, services: usize) -> bool {
        let becomes = !self.announced && self.ready.len() == services;
        self.announced |= becomes;
        becomes
    }

    /// The services are started again.
    pub(crate) fn forget_ready(&mut self) {
        self.announced = false;
        self.ready.clear();
    }

    /// One more reason for which the box is degraded; the line to show, if it is new.
    pub(crate) fn degrade(&mut self, why: &str) -> Option<String> {
        if self.facts.degraded.iter().any(|known| known == why) {
            return None;
        }
        self.facts.degraded.push(why.to_string());
        Some(format!("degraded: {why}"))
    }

    /// The reasons for which the box is degraded, a line each.
    pub(crate) fn degraded_lines(&self) -> impl Iterator<Item = String> {
        self.facts.degraded.iter().map(|why| format!("degraded: {why}"))
    }

    /// The answer to the command `status`.
    pub(crate) fn lines(&self, watchdog: bool) -> Vec<String> {
        let state = match (self.announced, self.facts.degraded.is_empty()) {
            (false, _) => "starting",
            (true, true) => "operational",
            (true, false) => "degraded",
        };
        let (version, secure_boot) = (&self.facts.version, self.facts.secure_boot);
        let mut lines = vec![format!("status {state}, version {version}, secure boot {secure_boot}")];
        if self.cards.is_empty() {
            lines.push("card none".into());
        }
        lines.extend(self.cards.iter().map(|card| {
            format!("card {card} {}", self.card_states.get(card).map_or("not heard of yet", String::as_str))
        }));
        lines.push(format!("network {}", self.network.as_deref().unwrap_or("none")));
        lines.push(format!("watchdog {}", if watchdog { "armed" } else { "none" }));
        lines.extend(self.degraded_lines());
        lines
    }
}
