//! `keyd early` and `keyd serve`: opens the TPM, enters the jail, runs.
#![forbid(unsafe_code)]

use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use ipc::control::{Report, Start};
use ipc::{CONTROL_FD, Channel, PEER_FD};
use keyd::serve::Keyd;
use keyd::tpm::Tpm;
use keyd::{KeydError, chain, early, serve};
use sandbox::{Filter, Jail};
use tss_esapi::tcti_ldr::{DeviceConfig, TctiNameConf};

/// The kernel's resource manager flushes what we leave behind. The supervisor gave the node to keyd's uid.
const TPM_DEVICE: &str = "/dev/tpmrm0";
const FOLDER: &str = "/data/keyd";
/// The supervisor speaks first; if it does not, something is wrong.
const START_WAIT: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
enum MainError {
    #[error("usage: keyd early | keyd serve")]
    Usage,
    #[error("descriptor {0} was not passed")]
    Descriptor(i32),
    #[error("the supervisor gave no signed PCR policy")]
    NoPolicy,
    #[error("the path of the TPM device")]
    Device(#[source] tss_esapi::Error),
    #[error("entering the jail")]
    Jail(#[from] sandbox::EnterError),
    #[error(transparent)]
    Keyd(#[from] KeydError),
    #[error("the supervisor's channel")]
    Channel(#[from] ipc::ChannelError),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("keyd: {}", chain(&e));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), MainError> {
    let mode = std::env::args().nth(1).ok_or(MainError::Usage)?;
    let control = Channel::from_fd(descriptor(CONTROL_FD)?);
    let device = DeviceConfig::from_str(TPM_DEVICE).map_err(MainError::Device)?;
    let mut tpm = Tpm::open(TctiNameConf::Device(device)).map_err(KeydError::from)?;
    match mode.as_str() {
        "early" => {
            sandbox::enter(&Jail { filter: Filter::Keyd, folders: &[], ports: &[] })?;
            Ok(early::run(&mut tpm, &control)?)
        }
        "serve" => {
            let peer = Channel::from_fd(descriptor(PEER_FD)?);
            sandbox::enter(&Jail { filter: Filter::Keyd, folders: &[Path::new(FOLDER)], ports: &[] })?;
            control.set_timeout(Some(START_WAIT))?;
            let start: Start = control.receive()?;
            control.set_timeout(None)?;
            let policy = start.pcr_policy.ok_or(MainError::NoPolicy)?;
            let keyd = Keyd::open(tpm, &policy, Path::new(FOLDER)).inspect_err(|e| {
                // The console should hear it from us; if even that fails, the exit status says enough.
                let _ = control.send(&Report::Console(format!("keyd: {}", chain(e))));
            })?;
            Ok(serve::run(keyd, &control, &peer)?)
        }
        _ => Err(MainError::Usage),
    }
}

/// Takes over a descriptor that the supervisor passed.
fn descriptor(number: i32) -> Result<OwnedFd, MainError> {
    sandbox::passed(number).ok_or(MainError::Descriptor(number))
}
