//! What keeps a person from what it wanted, in its language.

use error_chain::chain;
use ipc::keyd::Refusal;
use ipc::people::{Problem, ProblemKind};
use texts::Texts;

use crate::error::{ConsoleError, KeydError, LogError};
use crate::people_page::role_words;

#[derive(Debug)]
pub(crate) enum Trouble {
    /// The person can do something about it.
    Problem(Problem),
    /// Nobody is signed in (any more).
    SignedOut,
    /// Too many wrong tries.
    Wait {
        seconds: u64,
    },
    /// A field of a form is missing or too long.
    Field(&'static str),
    /// The form is too old, or of another site.
    Form,
    /// Two passwords that should be the same.
    Different,
    /// Not an auditor's number.
    Nonce,
    /// Not the recovery key's last characters.
    Recovery,
    NoPage,
    /// keyd's own words, about what was typed.
    Refused(String),
    Box(String),
}

impl Trouble {
    /// It is a problem of this kind.
    pub(crate) fn is(&self, kind: ProblemKind) -> bool {
        matches!(self, Trouble::Problem(problem) if problem.kind == kind)
    }

    /// Another page takes it from here: signing in, or proving both factors again.
    pub(crate) fn is_elsewhere(&self) -> bool {
        matches!(self, Trouble::SignedOut) || self.is(ProblemKind::StepUp)
    }

    pub(crate) fn words(&self, texts: &Texts) -> String {
        match self {
            Trouble::Problem(problem) => of(problem, texts),
            Trouble::SignedOut => texts.signed_out(),
            Trouble::Wait { seconds } => texts.sign_in_wait(seconds.div_ceil(60) as u32),
            Trouble::Field(name) => texts.problem_field(*name),
            Trouble::Form => texts.problem_form(),
            Trouble::Different => texts.problem_different(),
            Trouble::Nonce => texts.problem_nonce(),
            Trouble::Recovery => texts.problem_recovery(),
            Trouble::NoPage => texts.problem_page(),
            Trouble::Refused(words) => texts.problem_refused(words.as_str()),
            Trouble::Box(words) => texts.problem_box(words.as_str()),
        }
    }
}

fn of(problem: &Problem, texts: &Texts) -> String {
    let about = problem.about.as_str();
    match problem.kind {
        ProblemKind::ScreenCode { left } => texts.problem_screen_code(left),
        ProblemKind::NotPresent => texts.problem_not_present(),
        ProblemKind::OldAuthenticator => texts.problem_old_authenticator(),
        ProblemKind::PasswordShort => texts.problem_password_short(),
        ProblemKind::PasswordLong => texts.problem_password_long(),
        ProblemKind::PasswordCommon => texts.problem_password_common(),
        ProblemKind::PasswordName => texts.problem_password_name(),
        ProblemKind::PasswordSame => texts.problem_password_same(),
        ProblemKind::Name => texts.problem_name(about),
        ProblemKind::ProgramName => texts.problem_program_name(about),
        ProblemKind::Taken => texts.problem_taken(about),
        ProblemKind::Unknown => texts.problem_unknown(about),
        ProblemKind::NotAllowed => texts.problem_not_allowed(),
        ProblemKind::Excluded => texts.problem_excluded(),
        ProblemKind::Oneself => texts.problem_oneself(),
        ProblemKind::Last => texts.problem_last(),
        ProblemKind::NotSettled => texts.problem_not_settled(about),
        ProblemKind::WrongCode => texts.problem_wrong_code(),
        ProblemKind::WrongSignIn => texts.problem_wrong_sign_in(),
        ProblemKind::WrongSecondFactor => texts.problem_wrong_second_factor(),
        ProblemKind::Full => texts.problem_full(),
        ProblemKind::Founded => texts.problem_founded(),
        ProblemKind::Separated => texts.problem_separated(),
        ProblemKind::ByPresence => texts.problem_by_presence(),
        ProblemKind::AdministratorProgram => texts.problem_administrator_program(),
        ProblemKind::StepUp => texts.prove_what(),
        ProblemKind::NoRight => {
            let roles: Vec<String> = about.split(',').map(|role| role_words(role, texts)).collect();
            texts.problem_no_right(roles.join(", "))
        }
        ProblemKind::OtherName => texts.problem_other_name(about),
        ProblemKind::DualControl => texts.problem_dual_control(about),
        ProblemKind::Gone => texts.problem_gone(about),
    }
}

impl From<KeydError> for Trouble {
    fn from(error: KeydError) -> Trouble {
        match error {
            KeydError::Refused(refusal) => match refusal {
                Refusal::Unavailable(_) | Refusal::Busy(_) | Refusal::Failed(_) => Trouble::Box(refusal.text().into()),
                refusal => Trouble::Refused(refusal.text().into()),
            },
            error => Trouble::Box(chain(&error)),
        }
    }
}

impl From<LogError> for Trouble {
    fn from(error: LogError) -> Trouble {
        Trouble::Box(chain(&error))
    }
}

impl From<ConsoleError> for Trouble {
    fn from(error: ConsoleError) -> Trouble {
        Trouble::Box(chain(&error))
    }
}

impl From<ipc::TooLong> for Trouble {
    fn from(error: ipc::TooLong) -> Trouble {
        KeydError::from(error).into()
    }
}
