//! The way to keyd.

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::os::fd::OwnedFd;

use attestation::evidence::SIZE_MAX;
use ipc::keyd::{ConsoleCertificate, Identity, Reply, Request};
use ipc::people::{PeopleReply, PeopleRequest};
use ipc::{Bytes, Caller, Channel, List};

use crate::error::{ConsoleError, KeydError};
use crate::limits;

/// A handle; clones share the channel.
#[derive(Clone)]
pub(crate) struct Keyd(Caller<Reply>);

impl Keyd {
    pub(crate) fn start(channel: Channel) -> Result<Keyd, ConsoleError> {
        // No notice of keyd's is for people.
        Caller::start(channel, "keyd", limits::KEYD_IN_FLIGHT, drop).map(Keyd).map_err(ConsoleError::Runtime)
    }

    /// Also for what was not done, for a reason that a person can do something about.
    pub(crate) async fn people(&self, request: PeopleRequest) -> Result<PeopleReply, KeydError> {
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
        match self.0.ask(&request, limits::KEYD).await? {
            (Reply::Refused(refusal), _) => Err(KeydError::Refused(refusal)),
            answer => Ok(answer),
        }
    }
}
