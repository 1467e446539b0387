//! Pages of the first set-up.

use askama::Template;

use crate::frame::Frame;

/// Whoever stands before the box types its code.
#[derive(Template)]
#[template(path = "presence.html")]
pub struct PresencePage<'a> {
    pub frame: Frame<'a>,
    /// Where another browser is that is at it.
    pub taken_by: Option<String>,
}

/// The first person.
#[derive(Template)]
#[template(path = "administrators.html")]
pub struct AdministratorsPage<'a> {
    pub frame: Frame<'a>,
    /// Which authenticator the picture is of.
    pub authenticator: &'a str,
    /// From [`crate::picture`]: it goes into the page as it is.
    pub picture: &'a str,
    pub secret: &'a str,
    pub three: bool,
    /// As it was typed before.
    pub name: &'a str,
}
