//! The browser that is at the set-up.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// A hash of what it shows: it does not let anybody in.
    pub id: String,
    /// Where it is, for the screen: "10.0.0.7 is setting this box up".
    pub from: String,
    pub since: u64,
}

/// The one before, who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenOver {
    pub before: Option<Holder>,
}
