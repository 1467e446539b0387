//! What is known of the running box, and how it is told. Pure: reports and facts come in, lines for the console go out.

use std::collections::BTreeMap;

use box_state::BoxState;
use ipc::control::BoxFacts;

/// The state of the box as its console tells it.
pub(crate) struct BoxStatus {
    facts: BoxFacts,
    /// Each with what was last said of it.
    cards: BTreeMap<String, String>,
    /// How the box is addressed, in words.
    network: String,
    /// The last reason that each service gave.
    reasons: BTreeMap<String, String>,
    announced: bool,
}

impl BoxStatus {
    /// Before any service reported.
    pub(crate) fn new(facts: BoxFacts, cards: &[String], network: &str) -> BoxStatus {
        let cards = cards.iter().map(|card| (card.clone(), "not heard of yet".into())).collect();
        BoxStatus { facts, cards, network: network.into(), reasons: BTreeMap::new(), announced: false }
    }

    pub(crate) fn facts(&self) -> &BoxFacts {
        &self.facts
    }

    /// Those that were not gone into yet are `locked` and `unprovisioned`: services start when the data volume is open.
    pub(crate) fn state(&self) -> BoxState {
        if self.facts.degraded.is_empty() { BoxState::Operational } else { BoxState::Degraded }
    }

    /// What a service says of a card, in a sentence that begins with its address; the line to show.
    pub(crate) fn card(&mut self, sentence: &str) -> String {
        let (address, state) = sentence.split_once(' ').unwrap_or((sentence, ""));
        if let Some(known) = self.cards.get_mut(address) {
            *known = state.into();
        }
        format!("card {sentence}")
    }

    /// Why a service does not do all of its work; the line to show.
    pub(crate) fn reason(&mut self, service: &str, why: &str) -> String {
        let line = format!("degraded: {service}: {why}");
        self.reasons.insert(service.into(), line.clone());
        line
    }

    /// How the box is addressed now; the line to show.
    pub(crate) fn network(&mut self, words: String) -> String {
        self.network = words;
        format!("network {}", self.network)
    }

    /// Whether all services serve now and did not when this was last asked.
    pub(crate) fn becomes_ready(&mut self, ready: bool) -> bool {
        let becomes = ready && !self.announced;
        self.announced = ready;
        becomes
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
        self.facts.degraded.iter().map(|why| format!("degraded: {why}")).chain(self.reasons.values().cloned())
    }

    /// The answer to the command `status`.
    pub(crate) fn lines(&self, watchdog: bool) -> Vec<String> {
        let state = if self.announced { self.state().name() } else { "starting" };
        let (version, secure_boot) = (&self.facts.version, self.facts.secure_boot);
        let mut lines = vec![format!("status {state}, version {version}, secure boot {secure_boot}")];
        if self.cards.is_empty() {
            lines.push("card none".into());
        }
        lines.extend(self.cards.iter().map(|(card, state)| format!("card {card} {state}")));
        lines.push(format!("network {}", self.network));
        lines.push(format!("watchdog {}", if watchdog { "armed" } else { "none" }));
        lines.extend(self.degraded_lines());
        lines
    }
}
