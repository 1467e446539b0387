//! What calls have in common: how they are admitted, what keyd answers, and fields as keyd takes them.

use std::sync::Arc;

use accounts::endpoints::Endpoint;
use ipc::keyd::{self, Operation};
use ipc::{Bytes, List, Name};
use listener::Hangup;
use proto::v1::{JobId, Key, OpenRequest};
use tonic::{Request, Response, Status};

use crate::bounds::Bounded;
use crate::job::Job;
use crate::proofs;
use crate::session::{Authorized, admit};
use crate::shared::Shared;
use crate::shares::Place;
use crate::status::{busy, keyd_status};
use crate::tls::Peer;
use crate::views;

pub(crate) type Reply<T> = Result<Response<T>, Status>;

pub(crate) struct CofferService(pub(crate) Arc<Shared>);

impl CofferService {
    pub(crate) fn admit<T: Bounded>(&self, request: Request<T>, endpoint: Endpoint) -> Result<Authorized<T>, Status> {
        let peer = request.extensions().get::<Peer>().cloned();
        request.get_ref().check()?;
        admit(&self.0, peer.as_ref(), endpoint, request.into_inner())
    }

    /// The caller's own job.
    pub(crate) fn job(&self, request: Request<JobId>, endpoint: Endpoint) -> Result<(String, Arc<Job>), Status> {
        let (client, request) = self.admit(request, endpoint)?.into_parts();
        Ok((client.name.clone(), self.0.jobs.find(&client.name, &request.id)?))
    }

    pub(crate) async fn new_key(&self, request: keyd::Request) -> Reply<Key> {
        match self.keyd(request).await? {
            keyd::Reply::Key(info) => Ok(Response::new(views::key(info))),
            _ => Err(unexpected()),
        }
    }

    pub(crate) async fn asked(&self, request: keyd::Request) -> Reply<OpenRequest> {
        match self.keyd(request).await? {
            keyd::Reply::Asked(asked) => Ok(Response::new(views::open_request(asked))),
            _ => Err(unexpected()),
        }
    }

    /// A place for what is read from the disk.
    pub(crate) fn reads(&self, client: &str) -> Result<Place, Status> {
        self.0.reads.enter(client).ok_or_else(|| busy("as many results as may be are being fetched"))
    }

    /// keyd's answer, or its refusal.
    pub(crate) async fn keyd(&self, request: keyd::Request) -> Result<keyd::Reply, Status> {
        self.0.workshop.keyd.call(request).await.map_err(|e| keyd_status(&e))
    }
}

/// The way to end the connection that a call came by.
pub(crate) fn hangup<T>(request: &Request<T>) -> Hangup {
    request.extensions().get::<Hangup>().cloned().unwrap_or_default()
}

/// Operations by name, all of `possible` if none is named; keyd says whether they fit the key.
pub(crate) fn operations(names: &[String], possible: &[Operation]) -> Result<List<Operation, 8>, Status> {
    let parse = |name: &String| {
        let all = [Operation::Encrypt, Operation::Decrypt, Operation::Evaluate, Operation::Sign];
        let found = all.into_iter().find(|o| o.name() == name);
        found.ok_or_else(|| Status::invalid_argument(format!("there is no operation {name:?}")))
    };
    let named: Result<Vec<Operation>, Status> = names.iter().map(parse).collect();
    let operations = if names.is_empty() { possible.to_vec() } else { named? };
    List::new("operations", operations).map_err(proofs::too_long)
}

pub(crate) fn name(what: &'static str, text: String) -> Result<Name, Status> {
    Name::new(what, text).map_err(proofs::too_long)
}

pub(crate) fn bytes<const MAX: usize>(what: &'static str, bytes: Vec<u8>) -> Result<Bytes<MAX>, Status> {
    Bytes::new(what, bytes).map_err(proofs::too_long)
}

pub(crate) fn unexpected() -> Status {
    Status::internal("keyd answered something else")
}
