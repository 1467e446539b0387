//! What an appraisal comes to. Only [`crate::appraise`] makes a [`Report`].

use attestation::Hash;

use crate::claim::Claim;
use crate::reason::{Reason, Words};
use crate::titles::TITLES;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Fail(Reason),
    /// It could not be checked, which is no pass.
    Unknown(Reason),
}

/// One of the fifteen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub number: u8,
    pub verdict: Verdict,
    /// What it looked at.
    pub evidence: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every check passed.
    Affirming,
    /// None failed, and not every one could be made.
    Unknown,
    /// At least one failed.
    Contraindicated,
}

/// What went in: the same inputs give the same report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    pub evidence: Hash,
    pub reference: Option<Hash>,
    pub previous: Option<Hash>,
    /// Seconds since 1970 by the auditor's clock.
    pub now: u64,
}

#[derive(Clone, Debug)]
pub struct Report {
    pub(crate) checks: Vec<Check>,
    pub(crate) claims: Vec<Claim>,
    pub(crate) inputs: Inputs,
    /// Out of the verified quote; empty: there is none.
    pub(crate) nonce: Vec<u8>,
}

impl Check {
    /// What the check of this number (1 to 15) asks.
    pub fn title(number: u8) -> Words {
        let [english, chinese] = TITLES[usize::from(number.clamp(1, 15) - 1)].name.map(String::from);
        Words { english, chinese }
    }
}

impl Report {
    pub fn outcome(&self) -> Outcome {
        let failed = self.checks.iter().any(|c| matches!(c.verdict, Verdict::Fail(_)));
        let passed = self.checks.len() == 15 && self.checks.iter().all(|c| c.verdict == Verdict::Pass);
        match (failed, passed) {
            (true, _) => Outcome::Contraindicated,
            (false, true) => Outcome::Affirming,
            (false, false) => Outcome::Unknown,
        }
    }

    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// What is proven.
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    pub fn nonce(&self) -> &[u8] {
        &self.nonce
    }

    /// Why it is not affirming, first failures and then what is unknown.
    pub fn reasons(&self) -> Vec<(u8, &Reason)> {
        let failed = self.checks.iter().filter_map(|c| match &c.verdict {
            Verdict::Fail(reason) => Some((c.number, reason)),
            _ => None,
        });
        let unknown = self.checks.iter().filter_map(|c| match &c.verdict {
            Verdict::Unknown(reason) => Some((c.number, reason)),
            _ => None,
        });
        failed.chain(unknown).collect()
    }
}
