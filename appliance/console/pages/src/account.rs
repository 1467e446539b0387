//! What a new person fills in.

pub struct Account<'a> {
    /// Which authenticator the picture is of.
    pub authenticator: &'a str,
    /// From [`crate::picture`]: it goes into the page as it is.
    pub picture: &'a str,
    pub secret: &'a str,
    /// As it was typed before.
    pub name: &'a str,
}
