//! Why something is not done.

use crate::role::Role;

/// Of a name, in characters.
pub const NAME_MAX: usize = 32;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a name has 1 to {NAME_MAX} characters, letters, digits, '-', '_' and '.'; {name:?} has not")]
    Name { name: String },
    #[error("the name {name} is somebody's, or was")]
    Taken { name: String },
    #[error("there is nobody of the name {name:?}")]
    Unknown { name: String },
    #[error("{name} may not do this: it takes a {}", role.name())]
    NotAllowed { name: String, role: Role },
    #[error("{name} may not do this: it takes one of {}", names(roles))]
    NoRight { name: String, roles: &'static [Role] },
    #[error("these roles exclude each other")]
    Excluded,
    #[error("nobody gives roles to themselves")]
    Oneself,
    #[error("{name} is the last {}, and one is needed", role.name())]
    Last { name: String, role: Role },
    #[error("{name} has not signed in yet: the invitation comes first")]
    NotSettled { name: String },
    #[error("the code is wrong, used or expired")]
    WrongCode,
    #[error("name, password or second factor is wrong")]
    WrongSignIn,
    #[error("that six-digit code is not the one of this moment: look at the authenticator again")]
    WrongSecondFactor,
    #[error("the box has as many people as it can: {limit}")]
    Full { limit: usize },
    #[error("the box has administrators already")]
    Founded,
    #[error("one administrator became three: that is not undone but by a factory reset")]
    Separated,
    #[error("of three administrators none resets another: whoever stands before the box invites a new one")]
    ByPresence,
    #[error("it takes a password and a second factor that were proven just now")]
    StepUp,
}

/// As a list of names.
fn names(roles: &[Role]) -> String {
    roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ")
}
