//! The console itself.

use askama::Template;

use crate::facts::Facts;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "overview.html")]
pub struct OverviewPage<'a> {
    pub frame: Frame<'a>,
    pub facts: Facts,
    /// Titles of steps of the set-up.
    pub left_out: Vec<String>,
}

#[derive(Template)]
#[template(path = "people.html")]
pub struct PeoplePage<'a> {
    pub frame: Frame<'a>,
    pub people: Vec<PersonRow>,
    /// Roles that an invitation may carry: value and words.
    pub roles: Vec<(&'static str, String)>,
}

pub struct PersonRow {
    pub name: String,
    pub roles: String,
    /// Invited, suspended, or when it signed in last.
    pub standing: String,
    pub suspended: bool,
    pub choices: Vec<Choice>,
}

/// A role that a person has, or may be given.
pub struct Choice {
    pub value: &'static str,
    pub words: String,
    pub chosen: bool,
}

/// Whoever is signed in, about itself.
#[derive(Template)]
#[template(path = "own_account.html")]
pub struct OwnAccountPage<'a> {
    pub frame: Frame<'a>,
    /// What was done a moment ago.
    pub done: Option<String>,
}

/// Codes for a lost telephone, shown once.
#[derive(Template)]
#[template(path = "spare_codes.html")]
pub struct SpareCodesPage<'a> {
    pub frame: Frame<'a>,
    pub codes: Vec<String>,
}

/// A code that is shown once.
#[derive(Template)]
#[template(path = "code.html")]
pub struct CodePage<'a> {
    pub frame: Frame<'a>,
    pub heading: String,
    pub what: String,
    pub shown: &'a str,
    /// Where it is to be typed.
    pub place: Option<String>,
    pub next: &'a str,
}

/// What the box shows of itself, for whoever judges it elsewhere.
#[derive(Template)]
#[template(path = "attestation.html")]
pub struct AttestationPage<'a> {
    pub frame: Frame<'a>,
}

/// The frame says what went wrong.
#[derive(Template)]
#[template(path = "problem.html")]
pub struct ProblemPage<'a> {
    pub frame: Frame<'a>,
    pub next: &'a str,
}
