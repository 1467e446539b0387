//! The steps.

use serde::{Deserialize, Serialize};

/// In the order in which they are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Whoever is at it stands before the box.
    Presence,
    /// A person who can sign in.
    Administrators,
    /// Addresses, name and time, as they are to stay.
    Network,
    /// What the box found when it looked at itself.
    Checks,
    /// A recovery key that somebody wrote down.
    RecoveryKey,
    /// Whose box it is, a first key, a first program's way in.
    Organization,
    /// All of it on one sheet.
    Summary,
}

/// How a step came to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    Done,
    /// Later, maybe: the box reminds of it.
    LeftOut,
}

impl Step {
    pub const ALL: [Step; 7] = [
        Step::Presence,
        Step::Administrators,
        Step::Network,
        Step::Checks,
        Step::RecoveryKey,
        Step::Organization,
        Step::Summary,
    ];

    /// As it stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Step::Presence => "presence",
            Step::Administrators => "administrators",
            Step::Network => "network",
            Step::Checks => "checks",
            Step::RecoveryKey => "recovery-key",
            Step::Organization => "organization",
            Step::Summary => "summary",
        }
    }

    pub fn parse(text: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.name() == text)
    }

    /// From 1.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// Without a person who can sign in nobody comes back; the others can wait.
    pub fn may_be_left_out(self) -> bool {
        matches!(self, Step::Network | Step::Checks | Step::RecoveryKey | Step::Organization)
    }
}
