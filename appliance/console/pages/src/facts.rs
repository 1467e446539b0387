//! What the box says of itself, in the words of a page.

pub struct Facts {
    pub state: String,
    pub version: String,
    pub secure_boot: bool,
    pub lockdown: String,
    pub volume: String,
    pub addresses: Vec<String>,
    pub clock: String,
    /// A sentence each, which begins with its code.
    pub warnings: Vec<String>,
    pub notices: Vec<String>,
}
