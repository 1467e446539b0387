//! What may be asked of the box over the network: each endpoint, the roles that may use it, the states in which it answers. The
//! service asks this table and nothing else, and the tests of every combination are made from it.

use box_state::BoxState::{self, Degraded, Locked, Operational, Unprovisioned};

use crate::role::Role::{self, Administrator, Auditor, Operator};

/// One call of `coffer.v1`, or the page of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    Enrol,
    EnrolmentChallenge,
    Renew,
    ConsoleAuthority,
    GetStatus,
    GetEvidence,
    ActivateCredential,
    KeepDeviceRecord,
    PlanSecureBoot,
    SetPin,
    ResetTpmLockout,
    Metrics,
    Challenge,
    CreateKey,
    ImportKey,
    ListKeys,
    DestroyKey,
    Submit,
    Compute,
    GetJob,
    WatchJob,
    ListJobs,
    ListAllJobs,
    CancelJob,
    CancelAnyJob,
    DeleteJob,
    FetchResult,
    NewPairingCode,
    ListClients,
    RevokeClient,
    GetAudit,
    ListRequests,
    Approve,
    AskBackup,
    FetchBackup,
    TransportKey,
    AskRestore,
    RestoreKey,
}

pub struct Row {
    pub endpoint: Endpoint,
    /// `None`: whoever connects to the port of enrolment, without a certificate.
    pub roles: Option<&'static [Role]>,
    pub states: &'static [BoxState],
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("not allowed to a client with the role {}", role.name())]
    Role { role: Role },
    #[error("the box is {}: it does not do this now", state.name())]
    State { state: BoxState },
}

const EVERYBODY: Option<&[Role]> = Some(&[Administrator, Operator, Auditor]);
const USERS: Option<&[Role]> = Some(&[Administrator, Operator]);
const ADMINISTRATORS: Option<&[Role]> = Some(&[Administrator]);
const READERS: Option<&[Role]> = Some(&[Administrator, Auditor]);
const ALWAYS: &[BoxState] = &[Unprovisioned, Locked, Operational, Degraded];
/// The data volume is open. Who calls as the first client of a box calls before the box is told that somebody is enrolled.
const OPEN: &[BoxState] = &[Unprovisioned, Operational, Degraded];

const fn row(endpoint: Endpoint, roles: Option<&'static [Role]>, states: &'static [BoxState]) -> Row {
    Row { endpoint, roles, states }
}

pub const TABLE: [Row; 38] = [
    row(Endpoint::Enrol, None, OPEN),
    row(Endpoint::EnrolmentChallenge, None, OPEN),
    row(Endpoint::Renew, None, OPEN),
    row(Endpoint::ConsoleAuthority, None, OPEN),
    row(Endpoint::GetStatus, EVERYBODY, ALWAYS),
    row(Endpoint::GetEvidence, EVERYBODY, OPEN),
    row(Endpoint::ActivateCredential, READERS, OPEN),
    row(Endpoint::KeepDeviceRecord, ADMINISTRATORS, OPEN),
    row(Endpoint::PlanSecureBoot, ADMINISTRATORS, OPEN),
    row(Endpoint::SetPin, ADMINISTRATORS, OPEN),
    row(Endpoint::ResetTpmLockout, ADMINISTRATORS, OPEN),
    row(Endpoint::Metrics, EVERYBODY, ALWAYS),
    row(Endpoint::Challenge, EVERYBODY, OPEN),
    row(Endpoint::CreateKey, USERS, OPEN),
    row(Endpoint::ImportKey, USERS, OPEN),
    row(Endpoint::ListKeys, USERS, OPEN),
    row(Endpoint::DestroyKey, USERS, OPEN),
    row(Endpoint::Submit, USERS, OPEN),
    row(Endpoint::Compute, USERS, OPEN),
    row(Endpoint::GetJob, USERS, OPEN),
    row(Endpoint::WatchJob, USERS, OPEN),
    row(Endpoint::ListJobs, USERS, OPEN),
    row(Endpoint::ListAllJobs, ADMINISTRATORS, OPEN),
    row(Endpoint::CancelJob, USERS, OPEN),
    row(Endpoint::CancelAnyJob, ADMINISTRATORS, OPEN),
    row(Endpoint::DeleteJob, USERS, OPEN),
    row(Endpoint::FetchResult, USERS, OPEN),
    row(Endpoint::NewPairingCode, ADMINISTRATORS, OPEN),
    row(Endpoint::ListClients, ADMINISTRATORS, OPEN),
    row(Endpoint::RevokeClient, ADMINISTRATORS, OPEN),
    row(Endpoint::GetAudit, READERS, OPEN),
    row(Endpoint::ListRequests, ADMINISTRATORS, OPEN),
    row(Endpoint::Approve, ADMINISTRATORS, OPEN),
    row(Endpoint::AskBackup, ADMINISTRATORS, OPEN),
    row(Endpoint::FetchBackup, ADMINISTRATORS, OPEN),
    row(Endpoint::TransportKey, ADMINISTRATORS, OPEN),
    row(Endpoint::AskRestore, ADMINISTRATORS, OPEN),
    row(Endpoint::RestoreKey, ADMINISTRATORS, OPEN),
];

/// Whether a client with this role (`None`: without a certificate) may use the endpoint in this state.
pub fn decide(endpoint: Endpoint, role: Option<Role>, state: BoxState) -> Result<(), Denied> {
    let row = &TABLE[endpoint as usize];
    if let (Some(roles), Some(role)) = (row.roles, role)
        && !roles.contains(&role)
    {
        return Err(Denied::Role { role });
    }
    if row.states.contains(&state) { Ok(()) } else { Err(Denied::State { state }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_endpoint_at_its_number() {
        for (number, row) in TABLE.iter().enumerate() {
            assert_eq!(row.endpoint as usize, number, "{:?}", row.endpoint);
            assert!(!row.states.is_empty() && row.roles.is_none_or(|roles| !roles.is_empty()));
        }
    }

    #[test]
    fn what_the_table_must_never_allow() {
        let allowed = |endpoint, role| decide(endpoint, Some(role), Operational).is_ok();
        for row in &TABLE {
            // An auditor looks; an operator administers nobody.
            let looks = matches!(
                row.endpoint,
                Endpoint::GetStatus
                    | Endpoint::GetEvidence
                    | Endpoint::ActivateCredential
                    | Endpoint::Metrics
                    | Endpoint::Challenge
                    | Endpoint::GetAudit
            );
            assert!(row.roles.is_none() || looks == allowed(row.endpoint, Auditor), "{:?}", row.endpoint);
            let administers = matches!(
                row.endpoint,
                Endpoint::NewPairingCode
                    | Endpoint::ListClients
                    | Endpoint::RevokeClient
                    | Endpoint::ListAllJobs
                    | Endpoint::CancelAnyJob
                    | Endpoint::GetAudit
                    | Endpoint::KeepDeviceRecord
                    | Endpoint::PlanSecureBoot
                    | Endpoint::SetPin
                    | Endpoint::ResetTpmLockout
                    | Endpoint::ListRequests
                    | Endpoint::Approve
                    | Endpoint::AskBackup
                    | Endpoint::FetchBackup
                    | Endpoint::TransportKey
                    | Endpoint::AskRestore
                    | Endpoint::RestoreKey
            );
            assert!(!administers || !allowed(row.endpoint, Operator), "{:?}", row.endpoint);
            assert!(
                row.endpoint == Endpoint::GetStatus
                    || row.endpoint == Endpoint::Metrics
                    || decide(row.endpoint, Some(Administrator), Locked).is_err()
            );
        }
    }
}
