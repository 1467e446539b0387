//! The door.

use askama::Template;

use crate::account::Account;
use crate::frame::Frame;

/// Both factors: at first, and again for what is dangerous.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage<'a> {
    pub frame: Frame<'a>,
    /// Somebody is signed in, and proves it once more.
    pub is_again: bool,
    /// Where to go then.
    pub back: &'a str,
}

/// Somebody who was invited.
#[derive(Template)]
#[template(path = "invitation.html")]
pub struct InvitationPage<'a> {
    pub frame: Frame<'a>,
    pub account: Account<'a>,
}
