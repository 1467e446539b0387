//! After the data volume is open: answer computed until the supervisor says stop.

use std::cell::RefCell;
use std::os::fd::AsFd;
use std::path::Path;

use ipc::control::{Order, PcrPolicy, Report};
use ipc::keyd::{Reply, Request};
use ipc::{Channel, ChannelError};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::KeydError;
use crate::identity::BoxIdentity;
use crate::keys::KeyStore;
use crate::tpm::{Phase, Policy, Tpm};
use crate::vault::Vault;

/// A message that TLS 1.3 signs is 64 spaces, a context string and a hash; nothing longer is signed.
const SIGN_MAX: usize = 1024;

/// Everything that serving needs, opened.
pub struct Keyd {
    tpm: RefCell<Tpm>,
    identity: BoxIdentity,
    vault: Vault,
    keys: KeyStore,
}

impl Keyd {
    /// `folder` is keyd's own on the data volume.
    pub fn open(mut tpm: Tpm, policy: &PcrPolicy, folder: &Path) -> Result<Keyd, KeydError> {
        let vault = Vault::open(&mut tpm, &Policy::parse(policy, Phase::Ready)?, folder)?;
        let keys = KeyStore::open(&folder.join("keys"))?;
        let tpm = RefCell::new(tpm);
        let identity = BoxIdentity::open(&tpm, folder)?;
        Ok(Keyd { tpm, identity, vault, keys })
    }

    pub fn answer(&mut self, request: Request) -> Reply {
        self.try_answer(request).unwrap_or_else(|e| Reply::Refused(e.into()))
    }

    fn try_answer(&mut self, request: Request) -> Result<Reply, KeydError> {
        Ok(match request {
            Request::Identity => Reply::Identity(self.identity.certificates()?),
            Request::SignTls { message } if message.len() > SIGN_MAX => {
                return Err(KeydError::Refused(ipc::keyd::Refusal::Invalid(format!(
                    "a message of {} bytes to sign; {SIGN_MAX} are allowed",
                    message.len()
                ))));
            }
            Request::SignTls { message } => Reply::Signature(self.identity.sign_tls(&self.tpm, &message)?),
            Request::IssueClientCertificate { csr, client, role, valid_s } => {
                let (der, serial) = self.identity.issue_client(&self.tpm, &csr, &client, &role, valid_s)?;
                Reply::Certificate { der, serial }
            }
            Request::CreateKey { owner, name, kind, operations } => {
                Reply::Key(self.keys.create(&self.vault, owner, name, kind, operations)?)
            }
            Request::ImportKey { owner, name, public, operations } => {
                Reply::Key(self.keys.import(&self.vault, owner, name, public, operations)?)
            }
            Request::FindKey { id, client } => Reply::Key(self.keys.info(&id, &client)?),
            Request::ListKeys { owner, after } => Reply::Keys(self.keys.list(&owner, &after)),
            Request::DestroyKey { id } => {
                self.keys.destroy(&id)?;
                Reply::Destroyed
            }
            Request::Lease { id, client, operation } => {
                Reply::Lease(self.keys.lease(&self.vault, &id, &client, operation)?)
            }
            Request::Quote { nonce } => Reply::Quote(self.identity.quote(&self.tpm, &nonce)?),
        })
    }
}

/// Serves `peer` until it hangs up or `control` says stop.
pub fn run(mut keyd: Keyd, control: &Channel, peer: &Channel) -> Result<(), KeydError> {
    control.send(&Report::Ready)?;
    loop {
        let mut fds =
            [PollFd::new(control.fd().as_fd(), PollFlags::POLLIN), PollFd::new(peer.fd().as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(e) => return Err(ChannelError::Socket(e).into()),
        }
        let ready = |fd: &PollFd<'_>| fd.any().unwrap_or(false);
        let (ordered, asked) = (ready(&fds[0]), ready(&fds[1]));
        if ordered {
            match control.receive::<Order>() {
                Ok(Order::Stop) | Err(ChannelError::Closed) => return Ok(()),
                Ok(Order::BreakSandbox) => sandbox::break_out(),
                Err(e) => return Err(e.into()),
            }
        }
        if asked {
            match peer.receive::<Request>() {
                Ok(request) => peer.send(&keyd.answer(request))?,
                Err(ChannelError::Closed) => return Ok(()),
                Err(e) => return Err(e.into()),
            }
        }
    }
}
