//! The Coffer service: each call is admitted by `session`, then done.

use std::pin::Pin;

use accounts::endpoints::{Endpoint, decide};
use ipc::auditd::Reader;
use ipc::keyd::{self, Limits, Operation};
use ipc::{List, Name};
use proto::v1::coffer_server::Coffer;
use proto::v1::*;
use serde_json::json;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::answers;
use crate::batch;
use crate::common::{CofferService, Reply, bytes, hangup, name, operations, unexpected};
use crate::evidence::evidence;
use crate::incoming::blocking;
use crate::key_kinds;
use crate::limits;
use crate::proofs;
use crate::record::{Record, State};
use crate::session::own_key;
use crate::status::{audit_status, disk, keyd_status};
use crate::submit::submit;
use crate::tls::Peer;
use crate::views;
use crate::watching::watch;

type Stream_<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl Coffer for CofferService {
    async fn get_status(&self, request: Request<GetStatusRequest>) -> Reply<proto::v1::Status> {
        let GetStatusRequest { with_tpm } = self.admit(request, Endpoint::GetStatus)?.into_parts().1;
        let tpm = match with_tpm {
            false => None,
            true => match self.keyd(keyd::Request::TpmState).await? {
                keyd::Reply::TpmState(tpm) => Some(tpm),
                _ => return Err(unexpected()),
            },
        };
        Ok(Response::new(views::status(&self.0, tpm)))
    }

    async fn get_evidence(&self, request: Request<GetEvidenceRequest>) -> Reply<proto::v1::Evidence> {
        let nonce = self.admit(request, Endpoint::GetEvidence)?.into_parts().1.nonce;
        let evidence = evidence(&self.0, nonce).await?;
        Ok(Response::new(proto::v1::Evidence { evidence }))
    }

    async fn activate_credential(
        &self,
        request: Request<ActivateCredentialRequest>,
    ) -> Reply<ActivateCredentialResponse> {
        let wanted = self.admit(request, Endpoint::ActivateCredential)?.into_parts().1;
        let (credential, secret) = (bytes("credential", wanted.credential)?, bytes("secret", wanted.secret)?);
        match self.keyd(keyd::Request::ActivateCredential { credential, secret }).await? {
            keyd::Reply::Activated(credential) => {
                Ok(Response::new(ActivateCredentialResponse { credential: credential.into_vec() }))
            }
            _ => Err(unexpected()),
        }
    }

    async fn keep_device_record(&self, request: Request<KeepDeviceRecordRequest>) -> Reply<KeepDeviceRecordResponse> {
        let (client, wanted) = self.admit(request, Endpoint::KeepDeviceRecord)?.into_parts();
        let proof = proofs::proof(&client.name, wanted.proof)?;
        let record = bytes("record", wanted.record)?;
        match self.keyd(keyd::Request::KeepDeviceRecord { record, proof }).await? {
            keyd::Reply::DeviceRecordKept => Ok(Response::new(KeepDeviceRecordResponse {})),
            _ => Err(unexpected()),
        }
    }

    async fn plan_secure_boot(&self, request: Request<PlanSecureBootRequest>) -> Reply<PlanSecureBootResponse> {
        let (client, wanted) = self.admit(request, Endpoint::PlanSecureBoot)?.into_parts();
        let proof = proofs::proof(&client.name, wanted.proof)?;
        let pcr7 = bytes("pcr7", wanted.pcr7)?;
        match self.keyd(keyd::Request::PlanSecureBoot { pcr7, proof }).await? {
            keyd::Reply::Planned => Ok(Response::new(PlanSecureBootResponse {})),
            _ => Err(unexpected()),
        }
    }

    async fn set_pin(&self, request: Request<SetPinRequest>) -> Reply<SetPinResponse> {
        let (client, wanted) = self.admit(request, Endpoint::SetPin)?.into_parts();
        let proof = proofs::proof(&client.name, wanted.proof)?;
        let sealed = bytes("sealed", wanted.sealed)?;
        match self.keyd(keyd::Request::SetPin { sealed, proof }).await? {
            keyd::Reply::PinSet => Ok(Response::new(SetPinResponse {})),
            _ => Err(unexpected()),
        }
    }

    async fn reset_tpm_lockout(&self, request: Request<ResetTpmLockoutRequest>) -> Reply<ResetTpmLockoutResponse> {
        let (client, wanted) = self.admit(request, Endpoint::ResetTpmLockout)?.into_parts();
        let proof = proofs::proof(&client.name, wanted.proof)?;
        match self.keyd(keyd::Request::ResetLockout { proof }).await? {
            keyd::Reply::LockoutReset => Ok(Response::new(ResetTpmLockoutResponse {})),
            _ => Err(unexpected()),
        }
    }

    async fn get_challenge(&self, request: Request<GetChallengeRequest>) -> Reply<Challenge> {
        self.admit(request, Endpoint::Challenge)?;
        proofs::challenge(&self.0).await
    }

    async fn create_key(&self, request: Request<CreateKeyRequest>) -> Reply<Key> {
        let (client, wanted) = self.admit(request, Endpoint::CreateKey)?.into_parts();
        let kind = key_kinds::wanted(&wanted)?;
        let operations = operations(&wanted.operations, kind.operations())?;
        let limits = Limits { uses_max: wanted.uses_max, expires: wanted.expires, dual_control: wanted.dual_control };
        let (owner, name) = (name("the client's name", client.name)?, name("the key's name", wanted.name)?);
        self.new_key(keyd::Request::CreateKey { owner, name, kind, operations, limits }).await
    }

    async fn import_key(&self, request: Request<ImportKeyRequest>) -> Reply<Key> {
        let (client, wanted) = self.admit(request, Endpoint::ImportKey)?.into_parts();
        let Some(key) = wanted.public_key else { return Err(Status::invalid_argument("no public key to import")) };
        let (kind, public) = key_kinds::imported(key)?;
        let operations = operations(&wanted.operations, &[Operation::Encrypt, Operation::Evaluate])?;
        let (owner, name) = (name("the client's name", client.name)?, name("the key's name", wanted.name)?);
        self.new_key(keyd::Request::ImportKey { owner, name, kind, public, operations }).await
    }

    async fn list_keys(&self, request: Request<ListKeysRequest>) -> Reply<ListKeysResponse> {
        let (client, _) = self.admit(request, Endpoint::ListKeys)?.into_parts();
        let keys = self.0.workshop.keyd.keys(&client.name).await.map_err(|e| keyd_status(&e))?;
        Ok(Response::new(ListKeysResponse { keys: keys.into_iter().map(views::key).collect() }))
    }

    async fn destroy_key(&self, request: Request<DestroyKeyRequest>) -> Reply<DestroyKeyResponse> {
        let (client, wanted) = self.admit(request, Endpoint::DestroyKey)?.into_parts();
        own_key(&self.0.workshop.keyd, &client, &wanted.id).await?;
        let proof = proofs::proof(&client.name, wanted.proof)?;
        // What was prepared with it goes first: at worst it is prepared again.
        self.0.workshop.forget(&wanted.id);
        match self.keyd(keyd::Request::DestroyKey { id: name("the key's id", wanted.id)?, proof }).await? {
            keyd::Reply::Destroyed => Ok(Response::new(DestroyKeyResponse { asked: None })),
            keyd::Reply::Asked(asked) => {
                Ok(Response::new(DestroyKeyResponse { asked: Some(views::open_request(asked)) }))
            }
            _ => Err(unexpected()),
        }
    }

    async fn submit(&self, request: Request<Streaming<SubmitRequest>>) -> Reply<Job> {
        let peer = request.extensions().get::<Peer>().cloned();
        let job = submit(&self.0, peer.as_ref(), request.into_inner()).await?;
        Ok(Response::new(views::job(&job)))
    }

    type ComputeStream = Stream_<ComputeResponse>;

    async fn compute(&self, request: Request<Streaming<SubmitRequest>>) -> Reply<Self::ComputeStream> {
        let peer = request.extensions().get::<Peer>().cloned();
        let hangup = hangup(&request);
        let answer = batch::compute(&self.0, peer.as_ref(), hangup, request.into_inner()).await?;
        Ok(Response::new(Box::pin(ReceiverStream::new(answer))))
    }

    async fn get_job(&self, request: Request<JobId>) -> Reply<Job> {
        Ok(Response::new(views::job(&self.job(request, Endpoint::GetJob)?.1)))
    }

    type WatchJobStream = Stream_<Job>;

    async fn watch_job(&self, request: Request<JobId>) -> Reply<Self::WatchJobStream> {
        let (_, job) = self.job(request, Endpoint::WatchJob)?;
        Ok(Response::new(Box::pin(ReceiverStream::new(watch(job)))))
    }

    async fn list_jobs(&self, request: Request<ListJobsRequest>) -> Reply<ListJobsResponse> {
        let endpoint = if request.get_ref().all { Endpoint::ListAllJobs } else { Endpoint::ListJobs };
        let (client, request) = self.admit(request, endpoint)?.into_parts();
        let jobs = self.0.jobs.list((!request.all).then_some(client.name.as_str()));
        let jobs = &jobs[jobs.len().saturating_sub(limits::LISTED)..];
        Ok(Response::new(ListJobsResponse {
            jobs: jobs.iter().map(|j| views::job(j)).collect(),
            kept_bytes: self.0.jobs.kept_bytes(Some(&client.name)),
            kept_bytes_max: limits::KEPT_BYTES_CLIENT,
        }))
    }

    async fn cancel_job(&self, request: Request<JobId>) -> Reply<Job> {
        let (client, request) = self.admit(request, Endpoint::CancelJob)?.into_parts();
        let any = decide(Endpoint::CancelAnyJob, Some(client.role), self.0.state()).is_ok();
        let job = match any {
            true => self.0.jobs.find_any(&request.id)?,
            false => self.0.jobs.find(&client.name, &request.id)?,
        };
        let record = job.record();
        if !record.state.has_ended() {
            let detail = json!({ "job": record.id, "of": record.client });
            self.0.audit.relief(&client.name, "cancel job", detail).await;
            let (ending, job) = (self.0.ending.clone(), job.clone());
            let cancel = move || {
                ending.cancel(&job);
                Ok(())
            };
            blocking(cancel).await?;
        }
        Ok(Response::new(views::job(&job)))
    }

    async fn delete_job(&self, request: Request<JobId>) -> Reply<DeleteJobResponse> {
        let (client, job) = self.job(request, Endpoint::DeleteJob)?;
        let (jobs, audit, id) = (self.0.jobs.clone(), self.0.audit.clone(), job.record().id.clone());
        let line = move |r: &Record| audit.relief_blocking(&client, "delete job", json!({ "job": r.id }));
        blocking(move || jobs.delete(&job, line)).await?;
        self.0.workshop.blinds.wipe(&id);
        Ok(Response::new(DeleteJobResponse {}))
    }

    type FetchResultStream = Stream_<ResultChunk>;

    async fn fetch_result(&self, request: Request<JobId>) -> Reply<Self::FetchResultStream> {
        let hangup = hangup(&request);
        let (client, job) = self.job(request, Endpoint::FetchResult)?;
        let record = job.record();
        if record.state != State::Done {
            return Err(Status::failed_precondition(format!("job {} is not done", record.id)));
        }
        let place = self.reads(&client)?;
        let file = std::fs::File::open(job.result()).map_err(|e| disk(&e))?;
        let line = self.0.audit.work(&client, "fetch result", json!({ "job": record.id })).await;
        line.map_err(|e| audit_status(&e))?;
        Ok(Response::new(Box::pin(ReceiverStream::new(answers::result(file, hangup, place)))))
    }

    async fn new_pairing_code(&self, request: Request<NewPairingCodeRequest>) -> Reply<NewPairingCodeResponse> {
        let (client, wanted) = self.admit(request, Endpoint::NewPairingCode)?.into_parts();
        let proof = proofs::proof(&client.name, wanted.proof)?;
        let request = keyd::Request::NewCode {
            name: name("the client's name", wanted.client_name)?,
            role: name("the role", wanted.role)?,
            code: bytes("the code's key", wanted.code_key)?,
            valid_s: wanted.valid_s,
            proof,
        };
        match self.keyd(request).await? {
            keyd::Reply::CodeOpen { until } => Ok(Response::new(NewPairingCodeResponse { until })),
            _ => Err(unexpected()),
        }
    }

    async fn list_clients(&self, request: Request<ListClientsRequest>) -> Reply<ListClientsResponse> {
        self.admit(request, Endpoint::ListClients)?;
        let clients = self.0.clients.list().into_iter().map(views::client).collect();
        Ok(Response::new(ListClientsResponse { clients }))
    }

    async fn revoke_client(&self, request: Request<RevokeClientRequest>) -> Reply<RevokeClientResponse> {
        let (client, wanted) = self.admit(request, Endpoint::RevokeClient)?.into_parts();
        let (proof, serial) = (proofs::proof(&client.name, wanted.proof)?, name("the serial number", wanted.serial)?);
        match self.keyd(keyd::Request::Revoke { serial, proof }).await? {
            keyd::Reply::Revoked => {
                self.0.clients.read().await.map_err(|e| keyd_status(&e))?;
                Ok(Response::new(RevokeClientResponse {}))
            }
            _ => Err(unexpected()),
        }
    }

    type GetAuditStream = Stream_<AuditLine>;

    async fn get_audit(&self, request: Request<GetAuditRequest>) -> Reply<Self::GetAuditStream> {
        let hangup = hangup(&request);
        let (client, wanted) = self.admit(request, Endpoint::GetAudit)?.into_parts();
        let place = self.reads(&client.name)?;
        let proof = proofs::proof(&client.name, wanted.proof)?;
        // The first page at once: a refusal is the call's answer.
        let first = self.0.audit.read(wanted.from, Reader::Proof(proof)).await.map_err(|e| audit_status(&e))?;
        let answer = answers::log(self.0.audit.clone(), first, hangup, place);
        Ok(Response::new(Box::pin(ReceiverStream::new(answer))))
    }

    async fn list_requests(&self, request: Request<ListRequestsRequest>) -> Reply<ListRequestsResponse> {
        self.admit(request, Endpoint::ListRequests)?;
        let requests = self.0.workshop.keyd.requests().await.map_err(|e| keyd_status(&e))?;
        Ok(Response::new(ListRequestsResponse { requests: requests.into_iter().map(views::open_request).collect() }))
    }

    async fn approve(&self, request: Request<ApproveRequest>) -> Reply<ApproveResponse> {
        let (client, wanted) = self.admit(request, Endpoint::Approve)?.into_parts();
        let proof = proofs::proof(&client.name, wanted.proof)?;
        let (request, given) = (name("the request's id", wanted.id)?, bytes("what is given", wanted.given)?);
        match self.keyd(keyd::Request::Approve { request, given, proof }).await? {
            keyd::Reply::Approved { keys } => Ok(Response::new(ApproveResponse { keys })),
            _ => Err(unexpected()),
        }
    }

    async fn ask_backup(&self, request: Request<AskBackupRequest>) -> Reply<OpenRequest> {
        let (client, wanted) = self.admit(request, Endpoint::AskBackup)?.into_parts();
        let proof = proofs::proof(&client.name, wanted.proof)?;
        let keys: Result<Vec<Name>, Status> = wanted.keys.into_iter().map(|key| name("a key's name", key)).collect();
        let keys = List::new("keys", keys?).map_err(proofs::too_long)?;
        let (owner, recipient) = (name("the owner's name", wanted.owner)?, bytes("the recipient", wanted.recipient)?);
        self.asked(keyd::Request::AskBackup { owner, keys, recipient, proof }).await
    }

    async fn fetch_backup(&self, request: Request<FetchBackupRequest>) -> Reply<BackupPiece> {
        let (_, wanted) = self.admit(request, Endpoint::FetchBackup)?.into_parts();
        let (request, number) = (name("the request's id", wanted.id)?, wanted.number);
        match self.keyd(keyd::Request::FetchBackup { request, number }).await? {
            keyd::Reply::BackupPiece(piece) => Ok(Response::new(BackupPiece { bytes: piece.into_vec() })),
            _ => Err(unexpected()),
        }
    }

    async fn get_transport_key(&self, request: Request<GetTransportKeyRequest>) -> Reply<TransportKey> {
        self.admit(request, Endpoint::TransportKey)?;
        match self.keyd(keyd::Request::TransportKey).await? {
            keyd::Reply::TransportKey { public, signature } => Ok(Response::new(TransportKey {
                public: public.into_vec(),
                signature: signature.into_vec(),
                device_id: self.0.identity.device_id.as_str().into(),
            })),
            _ => Err(unexpected()),
        }
    }

    async fn ask_restore(&self, request: Request<AskRestoreRequest>) -> Reply<OpenRequest> {
        let (client, wanted) = self.admit(request, Endpoint::AskRestore)?.into_parts();
        let proof = proofs::proof(&client.name, wanted.proof)?;
        let (header, half) = (bytes("the header", wanted.header)?, bytes("the half", wanted.half)?);
        self.asked(keyd::Request::AskRestore { header, half, proof }).await
    }

    async fn restore_key(&self, request: Request<RestoreKeyRequest>) -> Reply<Key> {
        let (_, wanted) = self.admit(request, Endpoint::RestoreKey)?.into_parts();
        let (request, entry) = (name("the request's id", wanted.id)?, bytes("the entry", wanted.entry)?);
        self.new_key(keyd::Request::RestoreKey { request, number: wanted.number, entry }).await
    }
}
