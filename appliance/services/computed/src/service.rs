//! The Coffer service: each call is admitted by `session`, then done.

use std::pin::Pin;
use std::sync::Arc;

use ipc::keyd::{self, KeyKind, Operation};
use proto::v1::coffer_server::Coffer;
use proto::v1::*;
use serde_json::json;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::answers::{self, Hangup};
use crate::batch;
use crate::bounds::Bounded;
use crate::clients::Role::{self, Administrator, Auditor, Operator};
use crate::error::chain;
use crate::incoming::blocking;
use crate::job::Job as StoredJob;
use crate::limits;
use crate::record::State;
use crate::session::{Authorized, admit, own_key};
use crate::shared::{Shared, code_line};
use crate::shares::Place;
use crate::status::{busy, disk, keyd_status};
use crate::submit::submit;
use crate::tls::Peer;
use crate::views;
use crate::watching::watch;

type Reply<T> = Result<Response<T>, Status>;
type Stream_<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

pub(crate) struct CofferService(pub(crate) Arc<Shared>);

impl CofferService {
    fn admit<T: Bounded>(&self, request: Request<T>, roles: &[Role]) -> Result<Authorized<T>, Status> {
        let peer = request.extensions().get::<Peer>().cloned();
        request.get_ref().check()?;
        admit(&self.0.clients, peer.as_ref(), roles, request.into_inner())
    }

    /// The caller's own job.
    fn job(&self, request: Request<JobId>) -> Result<(String, Arc<StoredJob>), Status> {
        let (client, request) = self.admit(request, &[Administrator, Operator])?.into_parts();
        Ok((client.name.clone(), self.0.jobs.find(&client.name, &request.id)?))
    }

    async fn new_key(&self, request: keyd::Request) -> Reply<Key> {
        match self.0.workshop.keyd.call(request).await.map_err(|e| keyd_status(&e))? {
            keyd::Reply::Key(info) => Ok(Response::new(views::key(info))),
            _ => Err(Status::internal("keyd answered something else")),
        }
    }

    /// A place for what is read from the disk.
    fn reads(&self, client: &str) -> Result<Place, Status> {
        self.0.reads.enter(client).ok_or_else(|| busy("as many results as may be are being fetched"))
    }

    async fn audited(&self, client: &str, action: &str, detail: serde_json::Value) -> Result<(), Status> {
        self.0.audit.record(client, action, detail).await.map_err(|e| disk(&e))
    }
}

#[tonic::async_trait]
impl Coffer for CofferService {
    async fn get_status(&self, request: Request<GetStatusRequest>) -> Reply<proto::v1::Status> {
        let admitted = self.admit(request, &[Administrator, Operator, Auditor])?;
        let nonce = admitted.request().nonce.clone();
        let quote = match nonce.len() {
            0 => None,
            _ => match self.0.workshop.keyd.call(keyd::Request::Quote { nonce }).await {
                Ok(keyd::Reply::Quote(quote)) => Some(quote),
                Ok(_) => return Err(Status::internal("keyd answered something else")),
                Err(e) => return Err(keyd_status(&e)),
            },
        };
        Ok(Response::new(views::status(&self.0, quote)))
    }

    async fn create_key(&self, request: Request<CreateKeyRequest>) -> Reply<Key> {
        let (client, wanted) = self.admit(request, &[Administrator, Operator])?.into_parts();
        let kind = match (wanted.paillier_bits, wanted.rsa_bits) {
            (bits, 0) => KeyKind::Paillier { bits },
            (0, bits) => KeyKind::Rsa { bits },
            _ => return Err(Status::invalid_argument("paillier_bits and rsa_bits: a key is of one kind")),
        };
        let bits = kind.bits();
        if !he::KEY_BITS.contains(&bits) {
            return Err(Status::invalid_argument(he::HeError::KeyBits { bits }.to_string()));
        }
        let operations = operations(&wanted.operations, kind.operations())?;
        let scheme = if matches!(kind, KeyKind::Rsa { .. }) { "rsa" } else { "paillier" };
        let detail = json!({ "name": wanted.name, "kind": scheme, "bits": bits });
        self.audited(&client.name, "create key", detail).await?;
        self.new_key(keyd::Request::CreateKey { owner: client.name, name: wanted.name, kind, operations }).await
    }

    async fn import_key(&self, request: Request<ImportKeyRequest>) -> Reply<Key> {
        use import_key_request::PublicKey;
        let (client, wanted) = self.admit(request, &[Administrator, Operator])?.into_parts();
        let public = match wanted.public_key {
            None => return Err(Status::invalid_argument("no public key to import")),
            Some(PublicKey::Paillier(key)) => keyd::PublicKey { n: key.n, hs: key.hs, e: Vec::new() },
            Some(PublicKey::Rsa(key)) => keyd::PublicKey { n: key.n, hs: Vec::new(), e: key.e },
        };
        let operations = operations(&wanted.operations, &[Operation::Encrypt, Operation::Evaluate])?;
        let detail = json!({ "name": wanted.name, "bytes": public.n.len() });
        self.audited(&client.name, "import key", detail).await?;
        self.new_key(keyd::Request::ImportKey { owner: client.name, name: wanted.name, public, operations }).await
    }

    async fn list_keys(&self, request: Request<ListKeysRequest>) -> Reply<ListKeysResponse> {
        let (client, _) = self.admit(request, &[Administrator, Operator])?.into_parts();
        let keys = self.0.workshop.keyd.keys(&client.name).await.map_err(|e| keyd_status(&e))?;
        Ok(Response::new(ListKeysResponse { keys: keys.into_iter().map(views::key).collect() }))
    }

    async fn destroy_key(&self, request: Request<DestroyKeyRequest>) -> Reply<DestroyKeyResponse> {
        let (client, wanted) = self.admit(request, &[Administrator, Operator])?.into_parts();
        let keyd = &self.0.workshop.keyd;
        own_key(keyd, &client, &wanted.id).await?;
        self.audited(&client.name, "destroy key", json!({ "key": wanted.id })).await?;
        // What was prepared with it goes first: at worst it is prepared again.
        self.0.workshop.forget(&wanted.id);
        match keyd.call(keyd::Request::DestroyKey { id: wanted.id }).await.map_err(|e| keyd_status(&e))? {
            keyd::Reply::Destroyed => Ok(Response::new(DestroyKeyResponse {})),
            _ => Err(Status::internal("keyd answered something else")),
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
        Ok(Response::new(views::job(&self.job(request)?.1)))
    }

    type WatchJobStream = Stream_<Job>;

    async fn watch_job(&self, request: Request<JobId>) -> Reply<Self::WatchJobStream> {
        let (_, job) = self.job(request)?;
        Ok(Response::new(Box::pin(ReceiverStream::new(watch(job)))))
    }

    async fn list_jobs(&self, request: Request<ListJobsRequest>) -> Reply<ListJobsResponse> {
        let (client, request) = self.admit(request, &[Administrator, Operator])?.into_parts();
        if request.all && client.role != Administrator {
            return Err(Status::permission_denied("only administrators see all clients' jobs"));
        }
        let jobs = self.0.jobs.list((!request.all).then_some(client.name.as_str()));
        Ok(Response::new(ListJobsResponse {
            jobs: jobs.iter().map(|j| views::job(j)).collect(),
            kept_bytes: self.0.jobs.kept_bytes(Some(&client.name)),
            kept_bytes_max: limits::KEPT_BYTES_CLIENT,
        }))
    }

    async fn cancel_job(&self, request: Request<JobId>) -> Reply<Job> {
        let (client, request) = self.admit(request, &[Administrator, Operator])?.into_parts();
        let job = match client.role {
            Administrator => self.0.jobs.find_any(&request.id)?,
            _ => self.0.jobs.find(&client.name, &request.id)?,
        };
        let record = job.record();
        if !record.state.has_ended() {
            let detail = json!({ "job": record.id, "of": record.client });
            self.audited(&client.name, "cancel job", detail).await?;
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
        let (client, job) = self.job(request)?;
        let (jobs, id) = (self.0.jobs.clone(), job.record().id.clone());
        blocking(move || jobs.delete(&job)).await?;
        self.0.workshop.blinds.wipe(&id);
        self.audited(&client, "delete job", json!({ "job": id })).await?;
        Ok(Response::new(DeleteJobResponse {}))
    }

    type FetchResultStream = Stream_<ResultChunk>;

    async fn fetch_result(&self, request: Request<JobId>) -> Reply<Self::FetchResultStream> {
        let hangup = hangup(&request);
        let (client, job) = self.job(request)?;
        let record = job.record();
        if record.state != State::Done {
            return Err(Status::failed_precondition(format!("job {} is not done", record.id)));
        }
        let place = self.reads(&client)?;
        let file = std::fs::File::open(job.result()).map_err(|e| disk(&e))?;
        self.audited(&client, "fetch result", json!({ "job": record.id })).await?;
        Ok(Response::new(Box::pin(ReceiverStream::new(answers::result(file, hangup, place)))))
    }

    async fn new_pairing_code(&self, request: Request<NewPairingCodeRequest>) -> Reply<NewPairingCodeResponse> {
        let (client, wanted) = self.admit(request, &[Administrator])?.into_parts();
        let role = match wanted.role.as_str() {
            "" => Operator,
            name => Role::parse(name).ok_or_else(|| Status::invalid_argument(format!("there is no role {name:?}")))?,
        };
        self.audited(&client.name, "new pairing code", json!({ "role": role.name() })).await?;
        let code = self.0.pairing.invite(role).map_err(|e| Status::internal(chain(&e)))?;
        self.0.show(code_line(&code));
        Ok(Response::new(NewPairingCodeResponse { code }))
    }

    async fn list_clients(&self, request: Request<ListClientsRequest>) -> Reply<ListClientsResponse> {
        self.admit(request, &[Administrator])?;
        let clients = self.0.clients.list().into_iter().map(views::client).collect();
        Ok(Response::new(ListClientsResponse { clients }))
    }

    async fn revoke_client(&self, request: Request<RevokeClientRequest>) -> Reply<RevokeClientResponse> {
        let (client, wanted) = self.admit(request, &[Administrator])?.into_parts();
        if wanted.serial == client.serial {
            return Err(Status::failed_precondition("an administrator does not revoke the certificate in use"));
        }
        self.audited(&client.name, "revoke client", json!({ "serial": wanted.serial })).await?;
        match self.0.clients.revoke(&wanted.serial).await.map_err(|e| disk(&e))? {
            true => Ok(Response::new(RevokeClientResponse {})),
            false => Err(Status::not_found(format!("no certificate {:?}", wanted.serial))),
        }
    }

    type GetAuditStream = Stream_<AuditLine>;

    async fn get_audit(&self, request: Request<GetAuditRequest>) -> Reply<Self::GetAuditStream> {
        let hangup = hangup(&request);
        let (client, _) = self.admit(request, &[Administrator, Auditor])?.into_parts();
        let place = self.reads(&client.name)?;
        self.audited(&client.name, "read audit log", json!({})).await?;
        let file = std::fs::File::open(self.0.audit.path()).map_err(|e| disk(&e))?;
        // Lines that are complete now; one that is being written is the next reader's.
        let size = file.metadata().map_err(|e| disk(&e))?.len();
        Ok(Response::new(Box::pin(ReceiverStream::new(answers::lines(file, size, hangup, place)))))
    }
}

/// The way to end the connection that a call came by.
fn hangup<T>(request: &Request<T>) -> Hangup {
    request.extensions().get::<Hangup>().cloned().unwrap_or_default()
}

/// Operations by name, all of `possible` if none is named; keyd says whether they fit the key.
fn operations(names: &[String], possible: &[Operation]) -> Result<Vec<Operation>, Status> {
    if names.is_empty() {
        return Ok(possible.to_vec());
    }
    let parse = |name: &String| {
        let all = [Operation::Encrypt, Operation::Decrypt, Operation::Evaluate, Operation::Sign];
        let found = all.into_iter().find(|o| views::operation(*o) == name);
        found.ok_or_else(|| Status::invalid_argument(format!("there is no operation {name:?}")))
    };
    names.iter().map(parse).collect()
}
