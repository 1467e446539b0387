use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BoxState {
    /// Nobody is enrolled yet.
    Unprovisioned,
    /// The data volume is closed.
    Locked,
    Operational,
    /// It works, but something is wrong with it.
    Degraded,
}

impl BoxState {
    pub const ALL: [BoxState; 4] =
        [BoxState::Unprovisioned, BoxState::Locked, BoxState::Operational, BoxState::Degraded];

    pub fn name(self) -> &'static str {
        match self {
            BoxState::Unprovisioned => "unprovisioned",
            BoxState::Locked => "locked",
            BoxState::Operational => "operational",
            BoxState::Degraded => "degraded",
        }
    }
}
