//! The way to keyd.

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use attestation::evidence::SIZE_MAX;
use ipc::keyd::{ConsoleCertificate, Identity, Refusal, Reply, Request};
use ipc::people::{PeopleReply, PeopleRequest};
use ipc::{Bytes, Caller, Channel, List, Text};
use tokio::sync::Semaphore;

use crate::error::{ConsoleError, KeydError};
use crate::limits;

/// A handle; clones share the channel.
#[derive(Clone)]
pub(crate) struct Keyd {
    caller: Caller<Reply>,
    /// For what a password is hashed for: however many sign in, pages are looked at meanwhile.
    slow: Arc<Semaphore>,
}

impl Keyd {
    pub(crate) fn start(channel: Channel) -> Result<Keyd, ConsoleError> {
        // No notice of keyd's is for people.
        let caller = Caller::start(channel, "keyd", limits::KEYD_IN_FLIGHT, drop).map_err(ConsoleError::Runtime)?;
        Ok(Keyd { caller, slow: Arc::new(Semaphore::new(limits::KEYD_SLOW)) })
    }

    /// Also for what was not done, for a reason that a person can do something about.
    pub(crate) async fn people(&self, request: PeopleRequest) -> Result<PeopleReply, KeydError> {
        let _place = match is_slow(&request) {
            true => Some(self.slow.try_acquire().map_err(|_| crowded())?),
            false => None,
        };
        match self.call(Request::People(request)).await? {
            Reply::People(reply) => Ok(reply),
            _ => Err(KeydError::Unexpected),
        }
    }

    pub(crate) async fn identity(&self) -> Result<Identity, KeydError> {
        match self.call(Request::Identity).await? {
            Reply::Identity(identity) => Ok(identity),
            _ => Err(KeydError::Unexpected),
        }
    }

    /// For the key of this request (DER, PKCS #10).
    pub(crate) async fn certify(&self, csr: &[u8], addresses: &[IpAddr]) -> Result<ConsoleCertificate, KeydError> {
        let csr = Bytes::new("a certificate request", csr.to_vec())?;
        let addresses = List::new("addresses", addresses.to_vec())?;
        match self.call(Request::CertifyConsole { csr, addresses }).await? {
            Reply::ConsoleCertificate(certificate) => Ok(certificate),
            _ => Err(KeydError::Unexpected),
        }
    }

    /// The box's evidence at this nonce (`attestation::Evidence`).
    pub(crate) async fn evidence(&self, nonce: Vec<u8>) -> Result<Vec<u8>, KeydError> {
        let nonce = Bytes::new("a nonce", nonce)?;
        match self.call_with_fd(Request::Evidence { nonce }).await? {
            (Reply::Evidence { bytes }, Some(memory)) => {
                let mut evidence = Vec::new();
                // So many by keyd's word, and never more than evidence has.
                let mut memory = File::from(memory).take(bytes.min(SIZE_MAX as u64));
                memory.read_to_end(&mut evidence).map_err(KeydError::Memory)?;
                Ok(evidence)
            }
            _ => Err(KeydError::Unexpected),
        }
    }

    async fn call(&self, request: Request) -> Result<Reply, KeydError> {
        Ok(self.call_with_fd(request).await?.0)
    }

    async fn call_with_fd(&self, request: Request) -> Result<(Reply, Option<OwnedFd>), KeydError> {
        match self.caller.ask(&request, limits::KEYD).await? {
            (Reply::Refused(refusal), _) => Err(KeydError::Refused(refusal)),
            answer => Ok(answer),
        }
    }
}

/// Whether keyd stretches or compares a secret for it.
fn is_slow(request: &PeopleRequest) -> bool {
    use PeopleRequest as P;
    match request {
        P::Present { .. }
        | P::Found { .. }
        | P::Accept { .. }
        | P::SignIn { .. }
        | P::Prove { .. }
        | P::Change { .. } => true,
        P::Founding
        | P::CodeFor { .. }
        | P::NewAuthenticator { .. }
        | P::InvitePresent { .. }
        | P::Look { .. }
        | P::SignOut { .. }
        | P::List { .. }
        | P::Keys { .. }
        | P::DestroyKey { .. }
        | P::ReadLog { .. }
        | P::Programs { .. }
        | P::RevokeProgram { .. } => false,
    }
}

fn crowded() -> KeydError {
    KeydError::Refused(Refusal::Busy(Text::shortened(
        "as many people as may be sign in already: come again in a moment",
    )))
}
