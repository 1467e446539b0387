//! The way to keyd. Any number of requests are on their way at a time; none waits longer than a bound.

use std::os::fd::OwnedFd;

use ipc::keyd::{Asked, Identity, KeyInfo, Lease, Operation, Reply, Request};
use ipc::{Caller, Channel, Name};

use crate::error::{ComputeError, KeydError};
use crate::limits;

/// A handle; clones share the channel.
#[derive(Clone)]
pub struct Keyd(Caller<Reply>);

impl Keyd {
    /// `clients_changed` is called when keyd's list of clients is another one; it must not wait.
    pub fn start(channel: Channel, clients_changed: impl Fn() + Send + 'static) -> Result<Keyd, ComputeError> {
        let notice = move |reply| {
            if matches!(reply, Reply::ClientsChanged) {
                clients_changed();
            }
        };
        Caller::start(channel, "keyd", limits::KEYD_IN_FLIGHT, notice).map(Keyd).map_err(ComputeError::Runtime)
    }

    pub async fn call(&self, request: Request) -> Result<Reply, KeydError> {
        Ok(self.call_with_fd(request).await?.0)
    }

    /// With the descriptor that came with the answer.
    pub async fn call_with_fd(&self, request: Request) -> Result<(Reply, Option<OwnedFd>), KeydError> {
        let (reply, descriptor) = self.0.ask(&request, limits::KEYD).await?;
        Ok((refusals(reply)?, descriptor))
    }

    /// For threads that may block.
    pub fn call_blocking(&self, request: &Request) -> Result<Reply, KeydError> {
        refusals(self.0.call(request, limits::KEYD)?.0)
    }

    pub fn identity(&self) -> Result<Identity, KeydError> {
        match self.call_blocking(&Request::Identity)? {
            Reply::Identity(identity) => Ok(identity),
            _ => Err(KeydError::Unexpected),
        }
    }

    /// All keys of a client.
    pub async fn keys(&self, owner: &str) -> Result<Vec<KeyInfo>, KeydError> {
        let owner = Name::new("the owner's name", owner)?;
        let mut all: Vec<KeyInfo> = Vec::new();
        loop {
            let after = all.last().map_or(Name::default(), |k| k.id.clone());
            match self.call(Request::ListKeys { owner: owner.clone(), after }).await? {
                Reply::Keys(page) if page.as_slice().is_empty() => return Ok(all),
                Reply::Keys(page) => all.extend(page.into_vec()),
                _ => return Err(KeydError::Unexpected),
            }
        }
    }

    /// All that waits for a second person.
    pub async fn requests(&self) -> Result<Vec<Asked>, KeydError> {
        let mut all: Vec<Asked> = Vec::new();
        loop {
            let after = all.last().map_or(Name::default(), |asked| asked.id.clone());
            match self.call(Request::ListRequests { after }).await? {
                Reply::Requests(page) if page.as_slice().is_empty() => return Ok(all),
                Reply::Requests(page) => all.extend(page.into_vec()),
                _ => return Err(KeydError::Unexpected),
            }
        }
    }

    /// The client's key of this id.
    pub async fn find(&self, id: &str, client: &str) -> Result<KeyInfo, KeydError> {
        found(self.call(find(id, client)?).await?)
    }

    /// As [`Keyd::find`], for threads that may block.
    pub fn find_blocking(&self, id: &str, client: &str) -> Result<KeyInfo, KeydError> {
        found(self.call_blocking(&find(id, client)?)?)
    }

    /// For threads that may block. The lease ends by itself, or by [`Keyd::end_lease`].
    pub fn lease(&self, id: &str, client: &str, operation: Operation) -> Result<Lease, KeydError> {
        let (id, client) = (Name::new("the key's id", id)?, Name::new("the client's name", client)?);
        match self.call_blocking(&Request::Lease { id, client, operation })? {
            Reply::Lease(lease) => Ok(lease),
            _ => Err(KeydError::Unexpected),
        }
    }

    /// What was leased is wiped.
    pub fn end_lease(&self, lease: u64) {
        // At worst it ends by itself.
        let _ = self.0.send(&Request::EndLease { lease }, drop);
    }
}

fn find(id: &str, client: &str) -> Result<Request, KeydError> {
    Ok(Request::FindKey { id: Name::new("the key's id", id)?, client: Name::new("the client's name", client)? })
}

fn found(reply: Reply) -> Result<KeyInfo, KeydError> {
    match reply {
        Reply::Key(info) => Ok(info),
        _ => Err(KeydError::Unexpected),
    }
}

fn refusals(reply: Reply) -> Result<Reply, KeydError> {
    match reply {
        Reply::Refused(refusal) => Err(KeydError::Refused(refusal)),
        reply => Ok(reply),
    }
}
