//! What the console asks of keyd about the people at it ([`crate::keyd::Request::People`]). keyd keeps them, compares what they show, and
//! opens their sessions: who took the console over gets nothing that nobody signs in for.

use secrets::Secret;
use serde::{Deserialize, Serialize};

use crate::bounded::{Bytes, List, Name, Text};

pub use crate::holdings::{HeldKey, KEYS_SHOWN, OpenRequest, PROGRAMS_SHOWN, Program};

/// People in one answer.
pub const PEOPLE_LISTED: usize = 32;
/// Codes for a lost authenticator.
pub const SPARE_CODES: usize = 8;
/// Of a person: letters of any script.
pub type PersonName = Name;
/// Where a browser is.
pub type Address = Text<64>;

#[derive(Debug, Serialize, Deserialize)]
pub enum PeopleRequest {
    /// Whether anybody has set the box up.
    Founding,
    /// Somebody typed what the screen shows: the secret groups of a pairing code.
    Present {
        typed: Secret,
        from: Address,
    },
    /// An authenticator's secret is made, for whoever will prove it next.
    NewAuthenticator {
        name: PersonName,
        issuer: Text<128>,
        /// The one that was shown before, if it was not proven yet; empty, or unknown: another one.
        again: Bytes<16>,
        from: Address,
    },
    /// The first person, who is signed in then.
    Found {
        presence: Secret,
        separate: bool,
        person: NewPerson,
        from: Address,
    },
    /// Who was invited comes with the code, and is signed in then.
    Accept {
        code: Text<32>,
        person: NewPerson,
        from: Address,
    },
    /// Both factors: a session begins.
    SignIn {
        name: PersonName,
        password: Secret,
        second: SecondFactor,
        from: Address,
    },
    /// Whose session it is. `is_person`: something that a person did.
    Look {
        session: Secret,
        is_person: bool,
    },
    /// Both factors again, for what is dangerous.
    Prove {
        session: Secret,
        password: Secret,
        second: SecondFactor,
    },
    SignOut {
        session: Secret,
        others: bool,
    },
    /// Those after this name, in order.
    List {
        session: Secret,
        after: PersonName,
    },
    Change {
        session: Secret,
        change: Change,
    },
    /// A pairing code for a program.
    CodeFor {
        session: Secret,
        name: Name,
        /// As `accounts::Role::name` gives it.
        role: Name,
        valid_s: u32,
    },
    /// By whoever stands before the box.
    InvitePresent {
        presence: Secret,
        name: PersonName,
        role: Name,
    },
    /// All owners' keys after this one of this owner, by owner and name; both empty: from the first.
    Keys {
        session: Secret,
        owner: Name,
        name: Name,
    },
    /// `typed`: what the person took for the key's name.
    DestroyKey {
        session: Secret,
        id: Name,
        typed: Name,
    },
    /// A ticket to read the audit log with, once.
    ReadLog {
        session: Secret,
    },
    /// All programs' certificates after this one of this program, by name and serial number; both empty: from the first.
    Programs {
        session: Secret,
        name: Name,
        serial: Name,
    },
    /// Ends the program that has this certificate. `typed`: what the person took for its name.
    RevokeProgram {
        session: Secret,
        serial: Name,
        typed: Name,
    },
}

/// Who comes to be, with what it proves itself by.
#[derive(Debug, Serialize, Deserialize)]
pub struct NewPerson {
    pub name: PersonName,
    pub password: Secret,
    /// From [`PeopleReply::Authenticator`].
    pub authenticator: Bytes<16>,
    /// What it shows now.
    pub code: Text<16>,
    /// Of the organization and the box: no password holds them.
    pub names: List<Text<128>, 4>,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum SecondFactor {
    Authenticator(Text<16>),
    /// One of the codes for a lost one.
    Spare(Text<32>),
}

/// What one person does to another, or to itself.
#[derive(Debug, Serialize, Deserialize)]
pub enum Change {
    Invite {
        name: PersonName,
    },
    InviteFounder {
        name: PersonName,
        role: Name,
    },
    Grant {
        name: PersonName,
        roles: List<Name, 8>,
    },
    Suspend {
        name: PersonName,
        suspended: bool,
    },
    Reset {
        name: PersonName,
    },
    Remove {
        name: PersonName,
    },
    /// One administrator becomes three; this one is to administer security.
    Separate {
        name: PersonName,
    },
    OwnPassword {
        password: Secret,
        names: List<Text<128>, 4>,
    },
    OwnSpareCodes,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum PeopleReply {
    Founding {
        is_founded: bool,
        /// Three administrators that exclude each other.
        is_separated: bool,
    },
    /// Good until somebody else shows the next code.
    Present {
        token: Secret,
    },
    Authenticator {
        id: Bytes<16>,
        secret: Secret,
        uri: Secret,
    },
    Done,
    SignedIn {
        session: Secret,
        person: Signed,
        spare_codes: u32,
    },
    Session {
        person: Signed,
        is_proven: bool,
    },
    People(List<Person, PEOPLE_LISTED>),
    /// For the person of this name, once, until then (seconds since 1970).
    Invitation {
        code: Secret,
        until: u64,
    },
    /// In words, whole: until then (seconds since 1970) whoever has it enrols, once.
    PairingCode {
        code: Secret,
        until: u64,
    },
    SpareCodes(List<Secret, SPARE_CODES>),
    Keys(List<HeldKey, KEYS_SHOWN>),
    /// For [`crate::auditd::Reader::Ticket`].
    LogTicket(Secret),
    Programs(List<Program, PROGRAMS_SHOWN>),
    /// Too many wrong tries: there is no use in trying for so many seconds.
    Wait {
        seconds: u64,
    },
    /// Not done, for a reason that a person can do something about.
    Not(Problem),
    /// No session: signed out, and why.
    SignedOut {
        words: Text<256>,
    },
}

/// Why something was not done: `kind` is for a page in any language, `words` for a log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    /// The name or role that it is about; empty: none.
    pub about: Text<64>,
    pub words: Text<256>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProblemKind {
    /// The code of the screen is another one; so many tries are left.
    ScreenCode {
        left: u32,
    },
    /// Somebody else has shown the code of the screen since, or it was too long ago.
    NotPresent,
    /// The picture for the authenticator is too old.
    OldAuthenticator,
    PasswordShort,
    PasswordLong,
    PasswordCommon,
    PasswordName,
    PasswordSame,
    Name,
    /// A program's name: it has another form.
    ProgramName,
    Taken,
    Unknown,
    NotAllowed,
    /// It takes one of the roles in `about`, which are separated by commas.
    NoRight,
    Excluded,
    Oneself,
    Last,
    NotSettled,
    WrongCode,
    WrongSignIn,
    WrongSecondFactor,
    Full,
    Founded,
    Separated,
    /// Of three administrators none resets another.
    ByPresence,
    /// A program is an administrator: three people cannot exclude each other beside it.
    AdministratorProgram,
    StepUp,
    /// What was typed is not the name of what would end.
    OtherName,
    /// Two administrators end this key, each with a program's certificate.
    DualControl,
    /// The key, or the program, is gone already.
    Gone,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Signed {
    pub name: PersonName,
    pub roles: List<Name, 8>,
    /// As `people::Right::name` gives them.
    pub rights: List<Name, 16>,
    /// When it signed in before: seconds since 1970.
    pub last: Option<u64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    pub name: PersonName,
    pub roles: List<Name, 8>,
    pub is_settled: bool,
    pub suspended: bool,
    pub made: u64,
    pub last_sign_in: Option<u64>,
    pub password_set: Option<u64>,
    pub spare_codes: u32,
}

impl PeopleRequest {
    pub(crate) fn call(&self) -> &'static str {
        match self {
            PeopleRequest::Present { .. } | PeopleRequest::Found { .. } | PeopleRequest::InvitePresent { .. } => {
                "people-present"
            }
            PeopleRequest::Founding
            | PeopleRequest::NewAuthenticator { .. }
            | PeopleRequest::Accept { .. }
            | PeopleRequest::SignIn { .. }
            | PeopleRequest::Look { .. }
            | PeopleRequest::Prove { .. }
            | PeopleRequest::SignOut { .. } => "people-sign-in",
            PeopleRequest::List { .. } | PeopleRequest::Change { .. } | PeopleRequest::CodeFor { .. } => {
                "people-change"
            }
            PeopleRequest::Keys { .. } | PeopleRequest::DestroyKey { .. } => "people-keys",
            PeopleRequest::ReadLog { .. } => "people-log",
            PeopleRequest::Programs { .. } | PeopleRequest::RevokeProgram { .. } => "people-programs",
        }
    }
}
