//! The phase before the data volume is open, with the program of the service that has the TPM.

use std::time::{Duration, Instant};

use ipc::early::{Reply, Request, Sealed};
use secrets::Secret;
use service_process::{Spawned, spawn};
use service_table::{Device, Table};

use crate::error::SupervisorError;
use crate::{devices, facts};

/// What its program is told.
const ARGUMENT: &str = "early";

/// The TPM answers within seconds; sealing is four commands of it.
const WAIT: Duration = Duration::from_secs(60);

/// The process of whoever has the TPM, before the data volume is open, and the channel to it.
pub(crate) struct Early(Spawned);

impl Early {
    /// Starts the program of the service that has the TPM for this phase: it answers [`Request`]s and nothing else.
    pub(crate) fn start(table: &Table) -> Result<Early, SupervisorError> {
        let none = || SupervisorError::Refused("no service has the TPM".into());
        let row = devices::owner(table, Device::Tpm).ok_or_else(none)?;
        devices::give(devices::TPM, row.uid)?;
        let spawned = spawn(row, &[ARGUMENT])?;
        spawned.channel.set_timeout(Some(WAIT)).map_err(SupervisorError::Early)?;
        Ok(Early(spawned))
    }

    /// Extends PCR 11 with the phase at which the key unseals.
    pub(crate) fn enter(&self) -> Result<(), SupervisorError> {
        match self.call(&Request::Enter { policy: facts::pcr_policy()? })? {
            Reply::Entered => Ok(()),
            other => Err(refused(other)),
        }
    }

    /// What it wrote, in a few lines.
    pub(crate) fn said(&mut self) -> Vec<String> {
        self.0.said()
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
    pub(crate) fn leave(self, sealed: Option<Sealed>) -> Result<(), SupervisorError> {
        match self.call(&Request::Leave { sealed })? {
            Reply::Left => {}
            other => return Err(refused(other)),
        }
        let Spawned { mut process, channel, .. } = self.0;
        drop(channel);
        let until = Instant::now() + WAIT;
        loop {
            match process.try_wait() {
                Ok(Some(_)) => return Ok(()),
                Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
                _ => {
                    // It holds no more than what it gave us; killing it is safe.
                    let _ = process.kill();
                    let _ = process.wait();
                    return Ok(());
                }
            }
        }
    }

    fn call(&self, request: &Request) -> Result<Reply, SupervisorError> {
        self.0.channel.call(request).map_err(SupervisorError::Early)
    }
}

fn refused(reply: Reply) -> SupervisorError {
    SupervisorError::Refused(match reply {
        Reply::Refused(why) => why,
        _ => "the service that has the TPM gave an answer to another question".into(),
    })
}
