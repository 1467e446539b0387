//! Why something was not done, as the console's pages say it in their own words.

use ipc::Text;
use ipc::people::{Problem, ProblemKind};
use people::{PasswordError, Refusal};

use crate::KeydError;

/// With words for a log.
pub(crate) fn problem(kind: ProblemKind, about: &str, words: &str) -> KeydError {
    KeydError::NotDone(Problem { kind, about: Text::shortened(about), words: Text::shortened(words) })
}

impl From<Refusal> for KeydError {
    fn from(refusal: Refusal) -> KeydError {
        let words = refusal.to_string();
        let (kind, about) = match &refusal {
            Refusal::Name { name } => (ProblemKind::Name, name.as_str()),
            Refusal::Taken { name } => (ProblemKind::Taken, name.as_str()),
            Refusal::Unknown { name } => (ProblemKind::Unknown, name.as_str()),
            Refusal::NotAllowed { role, .. } => (ProblemKind::NotAllowed, role.name()),
            Refusal::NoRight { roles, .. } => {
                let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
                return problem(ProblemKind::NoRight, &names.join(","), &words);
            }
            Refusal::Excluded => (ProblemKind::Excluded, ""),
            Refusal::Oneself => (ProblemKind::Oneself, ""),
            Refusal::Last { role, .. } => (ProblemKind::Last, role.name()),
            Refusal::NotSettled { name } => (ProblemKind::NotSettled, name.as_str()),
            Refusal::WrongCode => (ProblemKind::WrongCode, ""),
            Refusal::WrongSignIn => (ProblemKind::WrongSignIn, ""),
            Refusal::WrongSecondFactor => (ProblemKind::WrongSecondFactor, ""),
            Refusal::Full { .. } => (ProblemKind::Full, ""),
            Refusal::Founded => (ProblemKind::Founded, ""),
            Refusal::Separated => (ProblemKind::Separated, ""),
            Refusal::ByPresence => (ProblemKind::ByPresence, ""),
            Refusal::StepUp => (ProblemKind::StepUp, ""),
        };
        problem(kind, about, &words)
    }
}

impl From<PasswordError> for KeydError {
    fn from(error: PasswordError) -> KeydError {
        let kind = match error {
            PasswordError::Short => ProblemKind::PasswordShort,
            PasswordError::Long => ProblemKind::PasswordLong,
            PasswordError::Common => ProblemKind::PasswordCommon,
            PasswordError::Name => ProblemKind::PasswordName,
            PasswordError::Same => ProblemKind::PasswordSame,
        };
        problem(kind, "", &error.to_string())
    }
}
