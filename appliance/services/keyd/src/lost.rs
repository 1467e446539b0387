//! What was found to be lost when keyd was opened; [`crate::losses`] tells of it.

use ipc::keyd::KeyInfo;

#[derive(Default)]
pub(crate) struct Losses {
    /// Clients whose certificates became void in this start.
    pub(crate) clients: Vec<String>,
    /// Keys whose vault is gone.
    pub(crate) keys: Vec<KeyInfo>,
    /// The keys were lost in this start.
    pub(crate) is_news: bool,
}
