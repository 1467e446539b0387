//! The supervisor's side of `keyd early`.

use std::process::Child;
use std::time::{Duration, Instant};

use ipc::early::{Reply, Request, Sealed};
use ipc::{CONTROL_FD, Channel};
use secrets::Secret;

use crate::error::SupervisorError;
use crate::facts;
use crate::programs::KEYD_EARLY;

/// The TPM answers within seconds; sealing is four commands of it.
const WAIT: Duration = Duration::from_secs(60);

/// keyd's process for the early phase, and the channel to it.
pub(crate) struct Early {
    channel: Channel,
    process: Child,
}

impl Early {
    /// Starts keyd and has it extend PCR 11 with the phase at which the key unseals.
    pub(crate) fn enter() -> Result<Early, SupervisorError> {
        let (ours, theirs) = Channel::pair().map_err(SupervisorError::Early)?;
        let process = sandbox::spawn(KEYD_EARLY.with(vec![(theirs, CONTROL_FD)]))?;
        let channel = Channel::from_fd(ours);
        channel.set_timeout(Some(WAIT)).map_err(SupervisorError::Early)?;
        let early = Early { channel, process };
        match early.call(&Request::Enter { policy: facts::pcr_policy()? })? {
            Reply::Entered => Ok(early),
            other => Err(refused(other)),
        }
    }

    /// `Err(Refused)` says in words why the key stays closed.
    pub(crate) fn unseal(&self, sealed: &Sealed) -> Result<Secret, SupervisorError> {
        match self.call(&Request::Unseal { sealed: sealed.clone() })? {
            Reply::Unsealed(key) => Ok(key),
            other => Err(refused(other)),
        }
    }

    pub(crate) fn seal(&self, key: &Secret) -> Result<Sealed, SupervisorError> {
        match self.call(&Request::Seal { key: Secret::copy_of(key.expose()) })? {
            Reply::Sealed(sealed) => Ok(sealed),
            other => Err(refused(other)),
        }
    }

    /// Extends the later phases, proves that the key is closed, and ends the process.
    pub(crate) fn leave(mut self, sealed: Option<Sealed>) -> Result<(), SupervisorError> {
        match self.call(&Request::Leave { sealed })? {
            Reply::Left => {}
            other => return Err(refused(other)),
        }
        drop(self.channel);
        let until = Instant::now() + WAIT;
        loop {
            match self.process.try_wait() {
                Ok(Some(_)) => return Ok(()),
                Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
                _ => {
                    // It holds no more than what it gave us; killing it is safe.
                    let _ = self.process.kill();
                    let _ = self.process.wait();
                    return Ok(());
                }
            }
        }
    }

    fn call(&self, request: &Request) -> Result<Reply, SupervisorError> {
        self.channel.call(request).map_err(SupervisorError::Early)
    }
}

fn refused(reply: Reply) -> SupervisorError {
    SupervisorError::Refused(match reply {
        Reply::Refused(why) => why,
        _ => "keyd gave an answer to another question".into(),
    })
}
