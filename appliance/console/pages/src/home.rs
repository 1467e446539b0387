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
    pub last: String,
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

/// The frame says what went wrong.
#[derive(Template)]
#[template(path = "problem.html")]
pub struct ProblemPage<'a> {
    pub frame: Frame<'a>,
    pub next: &'a str,
}
