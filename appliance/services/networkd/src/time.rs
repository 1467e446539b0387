//! What time it is: all servers are asked at once, and what more than half of those that answer agree on is told (RFC 5905, 11.2.1, in
//! small). What the box does with it is not decided here.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use ipc::control::Report;

use crate::clock::Clock;

mod agreement;
mod question;

use question::{Answer, Problem, Question};

/// For the answers of a round.
const PATIENCE: Duration = Duration::from_secs(5);
/// From one round to the next.
const EVERY: Duration = Duration::from_secs(1024);
/// After a round that brought nothing; each one doubles it, up to [`EVERY`].
const AGAIN: Duration = Duration::from_secs(16);
/// A server that wants to be left alone is.
const REST: Duration = Duration::from_secs(3600);

#[derive(Default)]
pub(crate) struct TimeClient {
    servers: Vec<IpAddr>,
    /// Those that wanted to be left alone, and until when.
    resting: BTreeMap<IpAddr, Duration>,
    round: Option<Round>,
    next: Duration,
    failures: u32,
    said: Option<String>,
}

struct Round {
    until: Duration,
    questions: Vec<Question>,
    answers: Vec<Answer>,
    problems: Vec<(IpAddr, Problem)>,
}

impl TimeClient {
    /// Those to be asked from now on.
    pub(crate) fn servers(&mut self, servers: Vec<IpAddr>, now: Duration) {
        if servers != self.servers {
            *self =
                TimeClient { servers, resting: std::mem::take(&mut self.resting), next: now, ..TimeClient::default() };
        }
    }

    /// A datagram came; what answers none of our questions is none.
    pub(crate) fn answer(&mut self, from: IpAddr, datagram: &[u8], clock: Clock) {
        let Some(round) = &mut self.round else { return };
        let Some(place) = round.questions.iter().position(|q| q.server() == from.to_canonical()) else { return };
        let server = round.questions[place].server();
        match round.questions[place].read(datagram, clock) {
            // Somebody else's, or made up: the true one may still come.
            Err(Problem::NoAnswer) => return,
            Err(problem) => {
                if problem == Problem::LeaveAlone {
                    self.resting.insert(server, clock.now + REST);
                }
                round.problems.push((server, problem));
            }
            Ok(answer) => round.answers.push(answer),
        }
        round.questions.swap_remove(place);
    }

    /// Does what is due; the questions to send, and what to tell.
    pub(crate) fn poll(
        &mut self,
        clock: Clock,
        random: &mut dyn FnMut() -> u64,
    ) -> (Vec<(IpAddr, Vec<u8>)>, Option<Report>) {
        let report = self.end_round(clock.now);
        if self.servers.is_empty() || self.round.is_some() || clock.now < self.next {
            return (Vec::new(), report);
        }
        self.resting.retain(|_, until| *until > clock.now);
        let asked = self.servers.iter().filter(|server| !self.resting.contains_key(server));
        let (questions, sent): (Vec<_>, Vec<_>) =
            asked.filter_map(|server| Question::ask(*server, random(), clock.now)).unzip();
        let sent = questions.iter().map(Question::server).zip(sent).collect();
        let until = clock.now + PATIENCE;
        self.round = Some(Round { until, questions, answers: Vec::new(), problems: Vec::new() });
        (sent, report)
    }

    /// How long nothing is due, unless an answer comes.
    pub(crate) fn idle(&self, now: Duration) -> Duration {
        match &self.round {
            Some(round) if round.questions.is_empty() => Duration::ZERO,
            Some(round) => round.until.saturating_sub(now),
            None if self.servers.is_empty() => Duration::MAX,
            None => self.next.saturating_sub(now),
        }
    }

    fn end_round(&mut self, now: Duration) -> Option<Report> {
        let round = self.round.take_if(|round| round.questions.is_empty() || now >= round.until)?;
        let agreed = agreement::of(&round.answers, now);
        let Some(agreed) = agreed else {
            self.next = now + AGAIN.saturating_mul(1 << self.failures.min(6)).min(EVERY);
            self.failures = self.failures.saturating_add(1);
            let words = self.words(&round);
            let is_new = self.said.as_ref() != Some(&words);
            self.said = Some(words.clone());
            return is_new.then(|| Report::no_time(&words));
        };
        (self.failures, self.said, self.next) = (0, None, now + EVERY);
        Some(Report::Time(agreed))
    }

    fn words(&self, round: &Round) -> String {
        if !round.answers.is_empty() {
            let servers: Vec<String> = round.answers.iter().map(|answer| answer.server.to_string()).collect();
            return format!("time servers do not agree: {}", servers.join(", "));
        }
        let silent = round.questions.iter().map(|question| format!("{} does not answer", question.server()));
        let wrong = round.problems.iter().map(|(server, problem)| format!("{server}: {problem}"));
        let resting = self.resting.keys().map(|server| format!("{server} wants to be left alone"));
        let mut all: Vec<String> = silent.chain(wrong).chain(resting).collect();
        all.sort();
        all.dedup();
        all.join("; ")
    }
}
