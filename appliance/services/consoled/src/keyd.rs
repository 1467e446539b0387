//! The way to keyd.

use std::net::IpAddr;

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

    async fn call(&self, request: Request) -> Result<Reply, KeydError> {
        match self.0.ask(&request, limits::KEYD).await?.0 {
            Reply::Refused(refusal) => Err(KeydError::Refused(refusal)),
            reply => Ok(reply),
        }
    }
}
