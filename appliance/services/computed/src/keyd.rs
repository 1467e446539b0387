//! The way to keyd: one thread owns the channel, one request is in flight.

use std::sync::mpsc;
use std::thread;

use ipc::Channel;
use ipc::keyd::{Identity, KeyInfo, Lease, Operation, Reply, Request};
use tokio::sync::oneshot;

use crate::error::{ComputeError, KeydError};
use crate::limits;

type Call = (Request, oneshot::Sender<Result<Reply, KeydError>>);

/// A handle; clones share the thread.
#[derive(Clone)]
pub struct Keyd(mpsc::Sender<Call>);

impl Keyd {
    pub fn start(channel: Channel) -> Result<Keyd, ComputeError> {
        channel.set_timeout(Some(limits::KEYD)).map_err(|e| ComputeError::Keyd(KeydError::Channel(e)))?;
        let (sender, calls) = mpsc::channel::<Call>();
        let serve = move || {
            for (request, reply) in calls {
                let answer = channel.call(&request).map_err(KeydError::Channel);
                // After a time-out the next answer would be this request's: the supervisor starts us anew.
                let broken = answer.is_err();
                // A caller that stopped waiting gets no answer.
                let _ = reply.send(answer);
                if broken {
                    return;
                }
            }
        };
        thread::Builder::new().name("keyd".into()).spawn(serve).map_err(ComputeError::Runtime)?;
        Ok(Keyd(sender))
    }

    pub async fn call(&self, request: Request) -> Result<Reply, KeydError> {
        refusals(self.send(request)?.await.map_err(|_| KeydError::Gone)?)
    }

    /// For a TLS signature, which rustls wants at once, on a runtime's thread too.
    pub fn call_blocking(&self, request: Request) -> Result<Reply, KeydError> {
        let mut reply = self.send(request)?;
        // oneshot's blocking_recv panics on a runtime's threads; this wait is bounded by the channel's.
        loop {
            match reply.try_recv() {
                Ok(answer) => return refusals(answer),
                Err(oneshot::error::TryRecvError::Empty) => thread::sleep(std::time::Duration::from_millis(1)),
                Err(oneshot::error::TryRecvError::Closed) => return Err(KeydError::Gone),
            }
        }
    }

    pub fn identity(&self) -> Result<Identity, KeydError> {
        match self.call_blocking(Request::Identity)? {
            Reply::Identity(identity) => Ok(identity),
            _ => Err(KeydError::Unexpected),
        }
    }

    /// All keys of a client.
    pub async fn keys(&self, owner: &str) -> Result<Vec<KeyInfo>, KeydError> {
        let mut all: Vec<KeyInfo> = Vec::new();
        loop {
            let after = all.last().map_or(String::new(), |k| k.id.clone());
            match self.call(Request::ListKeys { owner: owner.into(), after }).await? {
                Reply::Keys(page) if page.is_empty() => return Ok(all),
                Reply::Keys(page) => all.extend(page),
                _ => return Err(KeydError::Unexpected),
            }
        }
    }

    /// The client's key of this id.
    pub async fn find(&self, id: &str, client: &str) -> Result<KeyInfo, KeydError> {
        found(self.call(Request::FindKey { id: id.into(), client: client.into() }).await?)
    }

    /// As [`Keyd::find`], for threads that are no part of a runtime.
    pub fn find_blocking(&self, id: &str, client: &str) -> Result<KeyInfo, KeydError> {
        found(self.wait(Request::FindKey { id: id.into(), client: client.into() })?)
    }

    /// For threads that are no part of a runtime.
    pub fn lease(&self, id: &str, client: &str, operation: Operation) -> Result<Lease, KeydError> {
        match self.wait(Request::Lease { id: id.into(), client: client.into(), operation })? {
            Reply::Lease(lease) => Ok(lease),
            _ => Err(KeydError::Unexpected),
        }
    }

    fn wait(&self, request: Request) -> Result<Reply, KeydError> {
        refusals(self.send(request)?.blocking_recv().map_err(|_| KeydError::Gone)?)
    }

    fn send(&self, request: Request) -> Result<oneshot::Receiver<Result<Reply, KeydError>>, KeydError> {
        let (reply, answer) = oneshot::channel();
        self.0.send((request, reply)).map_err(|_| KeydError::Gone)?;
        Ok(answer)
    }
}

fn found(reply: Reply) -> Result<KeyInfo, KeydError> {
    match reply {
        Reply::Key(info) => Ok(info),
        _ => Err(KeydError::Unexpected),
    }
}

fn refusals(answer: Result<Reply, KeydError>) -> Result<Reply, KeydError> {
    match answer? {
        Reply::Refused(refusal) => Err(KeydError::Refused(refusal)),
        reply => Ok(reply),
    }
}
