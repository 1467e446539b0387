//! The door.

use askama::Template;

use crate::frame::Frame;

#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignInPage<'a> {
    pub frame: Frame<'a>,
}
