//! Pages of the first set-up.

use askama::Template;

use crate::account::Account;
use crate::facts::Facts;
use crate::frame::Frame;

/// Whoever stands before the box types its code.
#[derive(Template)]
#[template(path = "presence.html")]
pub struct PresencePage<'a> {
    pub frame: Frame<'a>,
}

/// The first person.
#[derive(Template)]
#[template(path = "administrators.html")]
pub struct AdministratorsPage<'a> {
    pub frame: Frame<'a>,
    pub account: Account<'a>,
    pub three: bool,
}

/// What the box found when it looked at itself.
#[derive(Template)]
#[template(path = "checks.html")]
pub struct ChecksPage<'a> {
    pub frame: Frame<'a>,
    pub facts: Facts,
}

/// The recovery key was written down, or will be.
#[derive(Template)]
#[template(path = "recovery_key.html")]
pub struct RecoveryKeyPage<'a> {
    pub frame: Frame<'a>,
    pub is_confirmed: bool,
}

/// A program's way in: in the set-up, and later.
#[derive(Template)]
#[template(path = "program.html")]
pub struct ProgramPage<'a> {
    pub frame: Frame<'a>,
    pub may_be_administrator: bool,
}

/// All of it on one sheet.
#[derive(Template)]
#[template(path = "summary.html")]
pub struct SummaryPage<'a> {
    pub frame: Frame<'a>,
    pub addresses: Vec<String>,
    /// Titles of steps.
    pub left_out: Vec<String>,
    /// Two administrators are still to be invited.
    pub three: bool,
}
