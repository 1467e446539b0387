//! The fifteen checks: each takes what others have proven, and nothing else.

pub(crate) mod channel;
pub(crate) mod identity;
pub(crate) mod image;
pub(crate) mod logs;
pub(crate) mod signed;
pub(crate) mod started;
pub(crate) mod times;
pub(crate) mod whole;

use crate::reason::Reason;
use crate::report::{Check, Verdict};

/// What a check has proven, and what it looked at.
pub(crate) type Judged<T> = Result<(T, Vec<String>), Trouble>;

#[derive(Debug)]
pub(crate) enum Trouble {
    Fails(Reason),
    Unknown(Reason),
}

impl From<Reason> for Trouble {
    fn from(reason: Reason) -> Trouble {
        Trouble::Fails(reason)
    }
}

/// What the check `on` has proven; if it has proven nothing, this one can't be made.
pub(crate) fn need<T>(proven: &Option<T>, on: u8) -> Result<&T, Trouble> {
    proven.as_ref().ok_or(Trouble::Unknown(Reason::Depends { on }))
}

/// The checks as they come.
#[derive(Default)]
pub(crate) struct Board(Vec<Check>);

impl Board {
    pub(crate) fn enter<T>(&mut self, number: u8, judged: Judged<T>) -> Option<T> {
        let (verdict, evidence, proven) = match judged {
            Ok((proven, evidence)) => (Verdict::Pass, evidence, Some(proven)),
            Err(Trouble::Fails(reason)) => (Verdict::Fail(reason), Vec::new(), None),
            Err(Trouble::Unknown(reason)) => (Verdict::Unknown(reason), Vec::new(), None),
        };
        self.0.push(Check { number, verdict, evidence });
        proven
    }

    pub(crate) fn passed(&self, numbers: &[u8]) -> bool {
        let passed = |n: &u8| self.0.iter().any(|c| c.number == *n && c.verdict == Verdict::Pass);
        numbers.iter().all(passed)
    }

    pub(crate) fn in_order(mut self) -> Vec<Check> {
        self.0.sort_by_key(|c| c.number);
        self.0
    }
}
