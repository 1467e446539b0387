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
    /// What the box found when it looked at itself.
    Checks,
    /// Somebody wrote the recovery key down.
    RecoveryKey,
    /// A first program's way in.
    Program,
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
    pub const ALL: [Step; 6] =
        [Step::Presence, Step::Administrators, Step::Checks, Step::RecoveryKey, Step::Program, Step::Summary];

    /// As it stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Step::Presence => "presence",
            Step::Administrators => "administrators",
            Step::Checks => "checks",
            Step::RecoveryKey => "recovery-key",
            Step::Program => "program",
            Step::Summary => "summary",
        }
    }

    /// From 1.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// Before anybody can sign in.
    pub fn is_by_presence(self) -> bool {
        matches!(self, Step::Presence | Step::Administrators)
    }

    /// Without a person who can sign in nobody comes back; the others can wait.
    pub fn may_be_left_out(self) -> bool {
        matches!(self, Step::Checks | Step::RecoveryKey | Step::Program)
    }
}
