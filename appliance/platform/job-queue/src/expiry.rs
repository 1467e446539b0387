//! What is to end because of the time.

/// A job that its caller has to do something about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired<I> {
    pub id: I,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It waited too long for its turn: [`crate::Queue::withdraw`] it, and report it failed.
    Queued,
    /// It runs for too long: stop it.
    Running,
    /// What it waits for did not come: withdraw it, and report it failed.
    Parked,
    /// It ended long ago: delete it.
    Kept,
}
