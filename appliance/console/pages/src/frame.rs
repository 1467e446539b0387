//! What all pages have.

use texts::{Language, Texts};

pub struct Frame<'a> {
    pub texts: &'a Texts,
    /// The box's name.
    pub machine: &'a str,
    /// The device's id.
    pub device: &'a str,
    /// SHA-256 of the certificate that the browser sees, hexadecimal.
    pub fingerprint: &'a str,
    pub development: bool,
    /// Where this page is.
    pub path: &'a str,
    /// Against requests that another site has a browser make.
    pub token: &'a str,
    /// Of the set-up: number and how many there are.
    pub step: Option<(usize, usize)>,
    /// Who is signed in.
    pub person: Option<&'a str>,
    /// The pages that this person may see; only with a person.
    pub menu: Vec<MenuEntry>,
    /// What was wrong with what was sent.
    pub problem: Option<&'a str>,
}

/// A page in the menu.
pub struct MenuEntry {
    pub path: &'static str,
    pub words: String,
}

impl Frame<'_> {
    pub(crate) fn languages(&self) -> &'static [Language; 2] {
        &Language::ALL
    }

    /// In fours, as the screen and the command line show it.
    pub(crate) fn fingerprint_groups(&self) -> Vec<String> {
        let upper: Vec<char> = self.fingerprint.to_ascii_uppercase().chars().collect();
        upper.chunks(4).map(|group| group.iter().collect()).collect()
    }
}
