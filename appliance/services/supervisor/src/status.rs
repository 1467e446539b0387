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

    /// Services start when the data volume is open, so `locked` is behind us; whether anybody is enrolled is not known here.
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

#[cfg(test)]
mod tests {
    use ipc::control::DataVolume;

    use super::*;

    const CARD: &str = "0000:01:00.0";

    fn status() -> BoxStatus {
        let facts = BoxFacts {
            version: "0.1.0".into(),
            development: true,
            secure_boot: true,
            lockdown: "confidentiality".into(),
            data_volume: DataVolume::Created,
            degraded: Vec::new(),
            started_ms: 1,
        };
        BoxStatus::new(facts, &[CARD.into()], "eth0, no address yet")
    }

    #[test]
    fn only_cards_that_there_are_and_the_last_word_of_each_service_are_kept() {
        let mut status = status();
        let before = status.lines(true).len();
        for number in 0..1000 {
            status.card(&format!("0000:0{number}:00.0 in service"));
            status.reason("worker", &format!("reason {number}"));
        }
        status.card(&format!("{CARD} in service"));
        let lines = status.lines(true);
        assert_eq!(lines.len(), before + 1);
        assert!(lines.contains(&format!("card {CARD} in service")), "{lines:?}");
        assert!(lines.contains(&"degraded: worker: reason 999".into()), "{lines:?}");
    }

    #[test]
    fn it_is_ready_each_time_that_all_services_are_again() {
        let mut status = status();
        assert!(status.lines(false)[0].starts_with("status starting"));
        assert!(status.becomes_ready(true) && !status.becomes_ready(true));
        assert!(status.lines(false)[0].starts_with("status operational"));
        assert!(!status.becomes_ready(false));
        assert!(status.lines(false)[0].starts_with("status starting"));
        assert!(status.becomes_ready(true));
    }

    #[test]
    fn a_reason_is_said_once_and_makes_the_box_a_degraded_one() {
        let mut status = status();
        assert_eq!(status.state(), BoxState::Operational);
        assert_eq!(status.degrade("why").as_deref(), Some("degraded: why"));
        assert_eq!(status.degrade("why"), None);
        assert_eq!(status.state(), BoxState::Degraded);
    }
}
