//! Whether an image that is tried for the first time works. The firmware's counter ends what hangs or panics; this ends what starts and
//! does not work.

use std::time::Duration;

/// What an image has to show, in the order in which it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// The data volume is closed.
    Closed,
    /// The volume opened, but not in a way that opens it next time.
    NotSealed,
    /// A service does not run, or does not serve yet.
    Services,
    /// A card that worked under the image before has not passed its self-test.
    Cards,
    /// A service that listens does not answer at its port.
    Silent,
}

impl Lack {
    pub fn words(self) -> &'static str {
        match self {
            Lack::Closed => "the data volume was not opened",
            Lack::NotSealed => "the data volume was not sealed to it",
            Lack::Services => "its services did not all serve for long enough",
            Lack::Cards => "a card that worked before did not pass its self-test",
            Lack::Silent => "the service or the console did not answer at its port",
        }
    }
}

/// What is to be done about the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet.
    Wait,
    /// Everything has been there for long enough but for an answer at the ports: now they are to be asked.
    Ask,
    /// It works: it is to be marked good.
    Works,
    /// Its time is over, and this was lacking.
    Fails(Lack),
}

/// How long an image has.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// So long everything has to hold without a break: longer than a service that dies every minute lives.
    pub steady: Duration,
    /// After so long without a verdict it does not work.
    pub deadline: Duration,
}

/// The first start of an image, or its next one before it was ever marked good. Times are since the kernel's start.
#[derive(Clone, Debug)]
pub struct Trial {
    terms: Terms,
    steady_since: Option<Duration>,
    last: Lack,
    answered: bool,
    /// The verdict is said once.
    is_over: bool,
}

impl Trial {
    pub fn new(terms: Terms) -> Trial {
        Trial { terms, steady_since: None, last: Lack::Closed, answered: false, is_over: false }
    }

    /// What is lacking now; nothing: all that can be seen without asking the ports is there.
    pub fn look(&mut self, now: Duration, lack: Option<Lack>) -> Verdict {
        if self.is_over {
            return Verdict::Wait;
        }
        match lack {
            Some(lack) => {
                // What is told at the end is the last of it.
                self.last = lack;
                self.steady_since = None;
                self.answered = false;
            }
            None => {
                let since = *self.steady_since.get_or_insert(now);
                if self.answered {
                    return self.over(Verdict::Works);
                }
                if now.saturating_sub(since) >= self.terms.steady && now < self.terms.deadline {
                    self.last = Lack::Silent;
                    return Verdict::Ask;
                }
            }
        }
        if now >= self.terms.deadline { self.over(Verdict::Fails(self.last)) } else { Verdict::Wait }
    }

    /// Every port answered.
    pub fn all_answered(&mut self) {
        self.answered = true;
    }

    fn over(&mut self, verdict: Verdict) -> Verdict {
        self.is_over = true;
        verdict
    }
}
