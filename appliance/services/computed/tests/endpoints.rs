//! Every endpoint x every role x every state, as the table says it: over TLS, on a running service.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

mod support;

use accounts::Role;
use accounts::endpoints::{Endpoint, TABLE};
use box_state::BoxState;
use engine::Engine;
use proto::v1::coffer_client::CofferClient;
use proto::v1::enrolment_client::EnrolmentClient;
use proto::v1::*;
use support::InProcess;
use support::client::{self, Client, Credentials};
use support::keyd::SoftwareKeyd;
use tonic::{Code, Status};

/// What came of a call: allowed, whatever else was wrong with it; or why not.
#[derive(Debug, PartialEq)]
enum Came {
    Allowed,
    Role,
    State,
}

fn came<T>(answer: Result<T, Status>) -> Came {
    match answer {
        Err(status) if status.message().contains("not allowed to a client with the role") => {
            assert_eq!(status.code(), Code::PermissionDenied);
            Came::Role
        }
        Err(status) if status.message().contains("it does not do this now") => {
            assert_eq!(status.code(), Code::FailedPrecondition);
            Came::State
        }
        _ => Came::Allowed,
    }
}

async fn call(client: &mut Client, endpoint: Endpoint) -> Option<Came> {
    let id = || JobId { id: "none".into() };
    let header = SubmitRequest {
        part: Some(submit_request::Part::Header(client::header(
            job_header::Operation::Decrypt(Decrypt::default()),
            1,
            1,
            "",
        ))),
    };
    Some(match endpoint {
        Endpoint::Enrol
        | Endpoint::EnrolmentChallenge
        | Endpoint::Renew
        | Endpoint::ConsoleAuthority
        | Endpoint::Metrics => return None,
        Endpoint::GetStatus => came(client.get_status(GetStatusRequest::default()).await),
        Endpoint::GetEvidence => came(client.get_evidence(GetEvidenceRequest::default()).await),
        Endpoint::ActivateCredential => came(client.activate_credential(ActivateCredentialRequest::default()).await),
        Endpoint::KeepDeviceRecord => came(client.keep_device_record(KeepDeviceRecordRequest::default()).await),
        Endpoint::SetPin => came(client.set_pin(SetPinRequest::default()).await),
        Endpoint::ResetTpmLockout => came(client.reset_tpm_lockout(ResetTpmLockoutRequest::default()).await),
        Endpoint::PlanSecureBoot => came(client.plan_secure_boot(PlanSecureBootRequest::default()).await),
        Endpoint::Challenge => came(client.get_challenge(GetChallengeRequest {}).await),
        Endpoint::CreateKey => came(client.create_key(CreateKeyRequest::default()).await),
        Endpoint::ImportKey => came(client.import_key(ImportKeyRequest::default()).await),
        Endpoint::ListKeys => came(client.list_keys(ListKeysRequest {}).await),
        Endpoint::DestroyKey => came(client.destroy_key(DestroyKeyRequest::default()).await),
        Endpoint::Submit => came(client.submit(tokio_stream::iter([header])).await),
        Endpoint::Compute => came(client.compute(tokio_stream::iter([header])).await),
        Endpoint::GetJob => came(client.get_job(id()).await),
        Endpoint::WatchJob => came(client.watch_job(id()).await),
        Endpoint::ListJobs => came(client.list_jobs(ListJobsRequest { all: false }).await),
        Endpoint::ListAllJobs => came(client.list_jobs(ListJobsRequest { all: true }).await),
        Endpoint::CancelJob => came(client.cancel_job(id()).await),
        // The same call: whose job it reaches is tested in administrators.rs.
        Endpoint::CancelAnyJob => return None,
        Endpoint::DeleteJob => came(client.delete_job(id()).await),
        Endpoint::FetchResult => came(client.fetch_result(id()).await),
        Endpoint::NewPairingCode => came(client.new_pairing_code(NewPairingCodeRequest::default()).await),
        Endpoint::ListClients => came(client.list_clients(ListClientsRequest {}).await),
        Endpoint::RevokeClient => came(client.revoke_client(RevokeClientRequest::default()).await),
        Endpoint::GetAudit => came(client.get_audit(GetAuditRequest::default()).await),
        Endpoint::ListRequests => came(client.list_requests(ListRequestsRequest {}).await),
        Endpoint::Approve => came(client.approve(ApproveRequest::default()).await),
        Endpoint::AskBackup => came(client.ask_backup(AskBackupRequest::default()).await),
        Endpoint::FetchBackup => came(client.fetch_backup(FetchBackupRequest::default()).await),
        Endpoint::TransportKey => came(client.get_transport_key(GetTransportKeyRequest {}).await),
        Endpoint::AskRestore => came(client.ask_restore(AskRestoreRequest::default()).await),
        Endpoint::RestoreKey => came(client.restore_key(RestoreKeyRequest::default()).await),
    })
}

async fn call_as_a_stranger(box_: &InProcess, endpoint: Endpoint) -> Option<Came> {
    let channel = client::stranger(box_.enrolment).await.unwrap();
    let mut enrolment = EnrolmentClient::new(channel);
    Some(match endpoint {
        Endpoint::Enrol => came(enrolment.enrol(EnrolRequest::default()).await),
        Endpoint::EnrolmentChallenge => came(enrolment.get_enrolment_challenge(GetChallengeRequest {}).await),
        Endpoint::Renew => came(enrolment.renew(RenewRequest::default()).await),
        Endpoint::ConsoleAuthority => came(enrolment.get_console_authority(GetConsoleAuthorityRequest {}).await),
        _ => return None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_is_what_the_service_does() {
    let folder = tempfile::tempdir().unwrap();
    let keyd = SoftwareKeyd::new();
    let cpu = || Engine::without_card("none");
    let mut people: Vec<(Role, Credentials)> = Vec::new();
    {
        let box_ = InProcess::start(folder.path(), &keyd, cpu());
        let admin = client::enrol(box_.enrolment, &box_.code("admin"), "admin").await.unwrap();
        let mut client = client::connect(box_.service, Some(&admin)).await.unwrap();
        client.get_status(GetStatusRequest::default()).await.unwrap();
        for role in Role::ALL {
            let code = client::invite(&mut client, &admin, role.name(), role).await.unwrap();
            let credentials = client::enrol(box_.enrolment, &code, "").await.unwrap();
            client::probe(box_.service, Some(&credentials)).await.unwrap();
            people.push((role, credentials));
        }
    }
    let mut seen = 0;
    for state in BoxState::ALL {
        let box_ = InProcess::start_in(state, folder.path(), &keyd, cpu());
        for row in &TABLE {
            let in_state = row.states.contains(&state);
            for (role, credentials) in &people {
                let Some(roles) = row.roles else { continue };
                let mut client: CofferClient<_> = client::connect(box_.service, Some(credentials)).await.unwrap();
                let expected = match (roles.contains(role), in_state) {
                    (false, _) => Came::Role,
                    (true, false) => Came::State,
                    (true, true) => Came::Allowed,
                };
                let Some(came) = call(&mut client, row.endpoint).await else { continue };
                assert_eq!(came, expected, "{:?} by {role:?}, {state:?}", row.endpoint);
                seen += 1;
            }
            if let Some(came) = call_as_a_stranger(&box_, row.endpoint).await {
                let expected = if in_state { Came::Allowed } else { Came::State };
                assert_eq!(came, expected, "{:?} by a stranger, {state:?}", row.endpoint);
                seen += 1;
            }
        }
    }
    // All but the page of metrics, which is no call, and one that shares its call.
    assert_eq!(seen, BoxState::ALL.len() * (3 * (TABLE.len() - 6) + 4));
}
