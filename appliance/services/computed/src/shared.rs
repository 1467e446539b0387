//! What the listeners share.

use std::sync::{Arc, Mutex, PoisonError};

use box_state::BoxState;
use engine::CardStatus;
use ipc::control::{BoxFacts, Condition};
use ipc::keyd::Identity;
use proto::v1::ConsoleAuthority;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::audit::Audit;
use crate::clients::Clients;
use crate::ending::Ending;
use crate::jobs::Jobs;
use crate::shares::Shares;
use crate::tally::Tally;
use crate::workshop::Workshop;

pub(crate) struct Shared {
    pub(crate) facts: BoxFacts,
    pub(crate) identity: Identity,
    pub(crate) workshop: Arc<Workshop>,
    pub(crate) batches: Shares,
    pub(crate) uploads: Shares,
    /// Results and logs that are sent.
    pub(crate) reads: Shares,
    pub(crate) calls: Shares,
    /// The tasks of all calls: see `call`.
    pub(crate) working: TaskTracker,
    /// Ends every connection, and with them what waits for a client.
    pub(crate) stopping: CancellationToken,
    pub(crate) tally: Arc<Tally>,
    pub(crate) jobs: Arc<Jobs>,
    pub(crate) ending: Ending,
    pub(crate) audit: Audit,
    pub(crate) clients: Clients,
    /// It does not change while keyd runs, and ends with it: strangers who ask for it cost keyd nothing.
    pub(crate) console_authority: OnceCell<ConsoleAuthority>,
    /// The state of the box, as the supervisor told it last.
    pub(crate) condition: Mutex<Condition>,
    /// What this service found wrong at its start.
    pub(crate) degraded: Mutex<Vec<String>>,
}

impl Shared {
    /// The state of the box, with what this service knows of it.
    pub(crate) fn state(&self) -> BoxState {
        let told = self.told().state;
        if told == BoxState::Operational && !self.degraded().is_empty() { BoxState::Degraded } else { told }
    }

    /// All reasons for which the box is degraded.
    pub(crate) fn degraded(&self) -> Vec<String> {
        let mut reasons: Vec<String> = self.told().degraded.iter().map(|line| line.as_str().to_string()).collect();
        reasons.extend(self.degraded.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        match self.workshop.engine.status().card {
            CardStatus::Absent { .. } => {}
            CardStatus::OutOfService { reason, .. } => reasons.push(format!("the card is out of service: {reason}")),
            CardStatus::InService(facts) => {
                reasons.extend(facts.troubles().iter().map(|trouble| format!("a card is out of service: {trouble}")));
            }
        }
        if !self.audit.works() {
            reasons.push("the audit log cannot be written".into());
        }
        reasons
    }

    fn told(&self) -> Condition {
        self.condition.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
