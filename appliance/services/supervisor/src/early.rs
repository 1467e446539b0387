//! The phase before the data volume is open, with the program of the service that has the TPM.

use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use ipc::control::Line;
use ipc::early::{Refusal, Reply, Request, Sealed, Wanted};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use secrets::Secret;
use service_process::{Spawned, spawn};
use service_table::{Device, Table};
use start_pin::StartPin;

use crate::error::{SupervisorError, chain};
use crate::{devices, facts};

/// What its program is told.
const ARGUMENT: &str = "early";

/// One request: sealing is some twenty commands, and a TPM that tests itself first takes half a minute before the first of them.
const WAIT: Duration = Duration::from_secs(120);
/// Between two looks at what else there is to do, while the TPM works.
const SLICE_MS: u16 = 1000;
/// It has answered everything, and only has to end.
const END_WAIT: Duration = Duration::from_secs(10);
/// The firmware shows a TPM by this table. Of one that fails its self-test Linux makes no node, and of one that takes firmware alone
/// not the node that keyd opens (tpm2_auto_startup).
const SHOWN_TPM: &str = "/sys/firmware/acpi/tables/TPM2";

/// The process of whoever has the TPM, before the data volume is open, and the channel to it. Every wait calls `meanwhile` at
/// least once a second.
pub(crate) struct Early(Spawned);

impl Early {
    /// Starts the program of the service that has the TPM for this phase: it answers [`Request`]s and nothing else.
    pub(crate) fn start(table: &Table) -> Result<Early, SupervisorError> {
        let none = || SupervisorError::Refused("no service has the TPM".into());
        let row = devices::owner(table, Device::Tpm).ok_or_else(none)?;
        find_tpm()?;
        devices::give(devices::TPM, row.uid)?;
        let spawned = spawn(row, &[ARGUMENT])?;
        spawned.channel.set_timeout(Some(WAIT)).map_err(SupervisorError::EarlyChannel)?;
        Ok(Early(spawned))
    }

    /// Extends PCR 11 with the phase at which the key unseals.
    pub(crate) fn enter(&self, meanwhile: &mut dyn FnMut()) -> Result<(), SupervisorError> {
        let policy = facts::pcr_policy().map_err(|e| early(Refusal::PolicyDamaged, chain(&e)))?;
        match self.call(&Request::Enter { policy, secure_boot: facts::secure_boot() }, meanwhile)? {
            Reply::Entered => Ok(()),
            other => Err(refused(other)),
        }
    }

    /// What it wrote, in a few lines.
    pub(crate) fn said(&mut self) -> Vec<String> {
        self.0.said()
    }

    /// `Err(Early)` says why the key stays closed.
    pub(crate) fn unseal(&self, sealed: &Sealed, meanwhile: &mut dyn FnMut()) -> Result<Secret, SupervisorError> {
        match self.call(&Request::Unseal { sealed: sealed.clone() }, meanwhile)? {
            Reply::Unsealed(key) => Ok(key),
            other => Err(refused(other)),
        }
    }

    /// What somebody typed as the PIN to start: it counts at the next request.
    pub(crate) fn pin(&self, pin: &StartPin, meanwhile: &mut dyn FnMut()) -> Result<(), SupervisorError> {
        match self.call(&Request::Pin(pin.authorization()), meanwhile)? {
            Reply::PinTaken => Ok(()),
            other => Err(refused(other)),
        }
    }

    /// `recovery`: the recovery key. `owner`: what was sealed with it before, from [`Sealed::owner`].
    pub(crate) fn seal(
        &self,
        key: &Secret,
        recovery: &Secret,
        owner: Option<String>,
        meanwhile: &mut dyn FnMut(),
    ) -> Result<Sealed, SupervisorError> {
        let copy = |secret: &Secret| Secret::copy_of(secret.expose());
        let wanted = Wanted { key: copy(key), recovery: copy(recovery), owner };
        match self.call(&Request::Seal(wanted), meanwhile)? {
            Reply::Sealed(sealed) => Ok(sealed),
            other => Err(refused(other)),
        }
    }

    /// Extends PCR 15 with what was loaded, and PCR 11 with the later phases, proves that the key is closed, and ends the process.
    pub(crate) fn leave(
        self,
        sealed: Option<Sealed>,
        loaded: &[Line],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), SupervisorError> {
        match self.call(&Request::Leave { sealed, loaded: loaded.to_vec() }, meanwhile)? {
            Reply::Left => {}
            other => return Err(refused(other)),
        }
        let Spawned { mut process, channel, .. } = self.0;
        drop(channel);
        let until = Instant::now() + END_WAIT;
        loop {
            match process.try_wait() {
                Ok(Some(_)) => return Ok(()),
                Ok(None) if Instant::now() < until => {
                    meanwhile();
                    std::thread::sleep(Duration::from_millis(10));
                }
                _ => {
                    // It holds no more than what it gave us; killing it is safe.
                    let _ = process.kill();
                    let _ = process.wait();
                    return Ok(());
                }
            }
        }
    }

    fn call(&self, request: &Request, meanwhile: &mut dyn FnMut()) -> Result<Reply, SupervisorError> {
        let channel = &self.0.channel;
        channel.send(request).map_err(SupervisorError::EarlyChannel)?;
        let until = Instant::now() + WAIT;
        while Instant::now() < until {
            meanwhile();
            let mut source = [PollFd::new(channel.as_fd(), PollFlags::POLLIN)];
            match poll(&mut source, PollTimeout::from(SLICE_MS)) {
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return channel.receive().map_err(SupervisorError::EarlyChannel),
                Err(source) => return Err(SupervisorError::System { action: "waiting for the TPM", source }),
            }
        }
        let words = format!("the TPM gave no answer within {} seconds", WAIT.as_secs());
        Err(early(Refusal::TpmFails, words))
    }
}

/// That there is one to be opened.
fn find_tpm() -> Result<(), SupervisorError> {
    if Path::new(devices::TPM).exists() {
        return Ok(());
    }
    Err(match Path::new(SHOWN_TPM).exists() {
        true => {
            early(Refusal::TpmFails, "the firmware shows a TPM, but it fails its self-test or does not answer".into())
        }
        false => early(Refusal::NoTpm, "the firmware shows no TPM: there is none, or it is switched off".into()),
    })
}

fn refused(reply: Reply) -> SupervisorError {
    match reply {
        Reply::Refused { why, words } => early(why, words.into_string()),
        _ => early(Refusal::Other, "the service that has the TPM gave an answer to another question".into()),
    }
}

fn early(why: Refusal, words: String) -> SupervisorError {
    SupervisorError::Early { why, words }
}
