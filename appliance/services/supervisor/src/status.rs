//! What is known of the running box, and how it is told. Pure: reports and facts come in, lines for the console go out.

use std::collections::BTreeMap;
use std::net::IpAddr;

use box_state::{BoxState, Code, Event, Reason, Severity, Situation};
use ipc::control::{BoxFacts, Condition, Line};

/// Of a card whose service has said nothing.
const UNHEARD: &str = "not heard of yet";

/// The state of the box as its console tells it.
pub(crate) struct BoxStatus {
    facts: BoxFacts,
    situation: Situation,
    /// Each with what was last said of it.
    cards: BTreeMap<String, String>,
    announced: bool,
    /// At which the box is reached.
    addresses: Vec<IpAddr>,
}

impl BoxStatus {
    /// Before any service reported.
    pub(crate) fn new(facts: BoxFacts) -> BoxStatus {
        BoxStatus {
            facts,
            situation: Situation::default(),
            cards: BTreeMap::new(),
            announced: false,
            addresses: Vec::new(),
        }
    }

    pub(crate) fn facts(&self) -> &BoxFacts {
        &self.facts
    }

    pub(crate) fn facts_mut(&mut self) -> &mut BoxFacts {
        &mut self.facts
    }

    pub(crate) fn situation(&self) -> &Situation {
        &self.situation
    }

    pub(crate) fn state(&self) -> BoxState {
        self.situation.state()
    }

    /// Takes the event in; the reason to show, if it is a new one.
    pub(crate) fn take(&mut self, event: Event) -> Option<Reason> {
        let known =
            |situation: &Situation, reason: &Reason| situation.reason(reason.code(), reason.subject()).is_some();
        let Event::Appeared(reason) = event.clone() else {
            self.situation.take(event);
            return None;
        };
        let was_known = known(&self.situation, &reason);
        let changed = self.situation.take(event);
        // Details that change are told on demand; what a service says is another thing each time.
        let is_news = !was_known || reason.code() == Code::ServiceTrouble;
        (changed && is_news && known(&self.situation, &reason)).then_some(reason)
    }

    /// The cards that were found.
    pub(crate) fn cards(&mut self, cards: &[String]) {
        self.cards = cards.iter().map(|card| (card.clone(), UNHEARD.into())).collect();
    }

    /// What a service says of a card, in a sentence that begins with its address; the line to show.
    pub(crate) fn card(&mut self, sentence: &str) -> String {
        let (address, state) = sentence.split_once(' ').unwrap_or((sentence, ""));
        if let Some(known) = self.cards.get_mut(address) {
            *known = state.into();
        }
        format!("card {sentence}")
    }

    /// Each card that there is, and whether it passed its self-test when it was last heard of. `None`: it was not heard of yet.
    pub(crate) fn cards_known(&self) -> impl Iterator<Item = (&str, Option<bool>)> {
        let works = |state: &str| state.starts_with("in service") || state.starts_with("back in service");
        self.cards.iter().map(move |(card, state)| (card.as_str(), (state != UNHEARD).then(|| works(state))))
    }

    /// Those that passed it.
    pub(crate) fn working_cards(&self) -> Vec<&str> {
        self.cards_known().filter(|(_, works)| *works == Some(true)).map(|(card, _)| card).collect()
    }

    /// Whether these are others than before.
    pub(crate) fn addresses(&mut self, addresses: Vec<IpAddr>) -> bool {
        let are_others = self.addresses != addresses;
        self.addresses = addresses;
        are_others
    }

    /// Whether all services serve now and did not when this was last asked.
    pub(crate) fn becomes_ready(&mut self, ready: bool) -> bool {
        let becomes = ready && !self.announced;
        self.announced = ready;
        becomes
    }

    /// What a service is told of the box: all but what it said itself.
    pub(crate) fn condition(&self, service: &str) -> Condition {
        let own = |reason: &&Reason| reason.code() == Code::ServiceTrouble && reason.subject() == service;
        let sentences = |severity: Severity| {
            let reasons = self.situation.reasons().filter(|reason| reason.code().severity() == severity);
            reasons.filter(|reason| !own(reason)).map(|reason| Line::shortened(&reason.sentence())).collect()
        };
        let (degraded, notices) = (sentences(Severity::Degrades), sentences(Severity::Notice));
        Condition { state: self.state(), degraded, notices, addresses: self.addresses.clone() }
    }

    /// The answer to the command `status`.
    pub(crate) fn lines(&self, network: &[String], watchdog: bool) -> Vec<String> {
        let locked = self.state() == BoxState::Locked;
        // A service that has said why it does not serve is not starting.
        let has_said = self.situation.reasons().any(|reason| reason.code() == Code::ServiceTrouble);
        let state = if self.announced || locked || has_said { self.state().name() } else { "starting" };
        let (version, secure_boot) = (&self.facts.version, self.facts.secure_boot);
        let mut lines = vec![format!("status {state}, version {version}, secure boot {secure_boot}")];
        lines.push(format!("data volume {}", self.facts.data_volume.word()));
        if self.cards.is_empty() {
            lines.push("card none".into());
        }
        lines.extend(self.cards.iter().map(|(card, state)| format!("card {card} {state}")));
        lines.extend(network.iter().map(|words| format!("network {words}")));
        lines.push(format!("watchdog {}", if watchdog { "armed" } else { "none" }));
        let reason = |reason: &Reason| match reason.code().severity() {
            Severity::Locks => format!("locked: {}", reason.sentence()),
            Severity::Degrades => format!("degraded: {}", reason.sentence()),
            Severity::Notice => format!("notice: {}", reason.sentence()),
        };
        lines.extend(self.situation.reasons().map(reason));
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
            image: "dev".into(),
            development: true,
            secure_boot: true,
            lockdown: "confidentiality".into(),
            data_volume: DataVolume::Created,
            started_ms: 1,
        };
        let mut status = BoxStatus::new(facts);
        status.cards(&[CARD.into()]);
        status
    }

    fn trouble(service: &str, why: &str) -> Event {
        Event::Appeared(Reason::new(Code::ServiceTrouble).about(service).detail(why))
    }

    #[test]
    fn only_cards_that_there_are_and_the_last_word_of_each_service_are_kept() {
        let mut status = status();
        let before = status.lines(&[], true).len();
        for number in 0..1000 {
            status.card(&format!("0000:0{number}:00.0 in service"));
            assert!(status.take(trouble("worker", &format!("reason {number}"))).is_some());
        }
        status.card(&format!("{CARD} in service"));
        let lines = status.lines(&[], true);
        assert_eq!(lines.len(), before + 1);
        assert!(lines.contains(&format!("card {CARD} in service")), "{lines:?}");
        assert!(lines.last().unwrap().ends_with("worker: reason 999"), "{lines:?}");
    }

    #[test]
    fn it_is_ready_each_time_that_all_services_are_again() {
        let mut status = status();
        assert!(status.lines(&[], false)[0].starts_with("status locked"));
        status.take(Event::Opened);
        assert!(status.lines(&[], false)[0].starts_with("status starting"));
        assert!(status.becomes_ready(true) && !status.becomes_ready(true));
        assert!(status.lines(&[], false)[0].starts_with("status operational"));
        assert!(!status.becomes_ready(false));
        assert!(status.lines(&[], false)[0].starts_with("status starting"));
        assert!(status.becomes_ready(true));
    }

    #[test]
    fn a_reason_is_shown_once_and_told_to_all_but_who_said_it() {
        let mut status = status();
        status.take(Event::Opened);
        assert!(status.take(trouble("keyd", "why")).is_some() && status.take(trouble("keyd", "why")).is_none());
        assert!(status.take(Event::Appeared(Reason::new(Code::RecoveryKeyNotConfirmed))).is_some());
        assert_eq!(status.state(), BoxState::Degraded);
        assert!(status.condition("keyd").degraded.is_empty());
        let told = status.condition("computed");
        assert_eq!(told.state, BoxState::Degraded);
        assert!(told.degraded.len() == 1 && told.degraded[0].as_str().contains("keyd: why"), "{told:?}");
    }
}
