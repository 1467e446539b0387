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

/// Nobody can sign in any more: whoever stands before the box makes an administrator.
#[derive(Template)]
#[template(path = "lost.html")]
pub struct LostPage<'a> {
    pub frame: Frame<'a>,
    /// Administrators' roles: value and words.
    pub roles: Vec<(&'static str, String)>,
}

/// Somebody who was invited.
#[derive(Template)]
#[template(path = "invitation.html")]
pub struct InvitationPage<'a> {
    pub frame: Frame<'a>,
    pub account: Account<'a>,
}
