//! `keyd early` and `keyd serve`: opens the TPM, enters the jail, runs.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ipc::control::Report;
use ipc::{CONTROL_FD, Channel, Instruction, Startup};
use keyd::tpm::{Tpm, TpmError};
use keyd::{Boot, KeydError, Opened, chain, early};
use sandbox::Jail;
use tpm_lockout::Lockout;
use tss_esapi::tcti_ldr::{DeviceConfig, TctiNameConf};

/// The kernel's resource manager flushes what we leave behind. The supervisor gave the node to keyd's uid.
const TPM_DEVICE: &str = "/dev/tpmrm0";
/// As the service table names it.
const FIRMWARE_LOG: &str = "firmware-log";
/// Within what the supervisor allows for a stop.
const STOP_WAIT: Duration = Duration::from_secs(8);

#[derive(Debug, thiserror::Error)]
enum MainError {
    #[error("usage: keyd early | keyd serve")]
    Usage,
    #[error("descriptor {0} was not passed")]
    Descriptor(i32),
    #[error("the service table gives it no folder")]
    NoFolder,
    #[error(transparent)]
    Startup(#[from] ipc::StartupError),
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
    let control = Arc::new(Channel::from_fd(sandbox::passed(CONTROL_FD).ok_or(MainError::Descriptor(CONTROL_FD))?));
    match mode.as_str() {
        "early" => {
            let tpm = open_tpm()?;
            sandbox::enter(&Jail { filter: "keyd", folder: None, listen: &[], connect: &[] })?;
            Ok(early::run(tpm, &control)?)
        }
        "serve" => serve(&control),
        _ => Err(MainError::Usage),
    }
}

fn serve(control: &Arc<Channel>) -> Result<(), MainError> {
    let mut startup = Startup::receive(control)?;
    let mut tpm = open_tpm()?.map_err(|e| told(control, e.into()))?;
    match Lockout::open(TctiNameConf::Device(device()?)) {
        Ok(lockout) => tpm.set_lockout(lockout),
        // All else goes on without.
        Err(e) => eprintln!("keyd: the TPM's lockout cannot be reset: {}", chain(&e)),
    }
    let jail = &startup.start.jail;
    let folder = jail.folder.as_deref().map(Path::new).ok_or(MainError::NoFolder)?;
    let (listen, connect) = (&jail.listen, &jail.connect);
    sandbox::enter(&Jail { filter: &jail.filter, folder: Some(folder), listen, connect })?;
    let policy = startup.start.pcr_policy.as_ref().ok_or(MainError::NoPolicy)?;
    let (facts, measured) = (&startup.start.facts, startup.start.measured.clone());
    let boot = Boot { version: facts.version.clone(), image: facts.image.clone(), measured };
    let mut opened = match Opened::new(tpm, policy, boot, folder) {
        Err(e) if e.is_of_this_system() => return wait(control, &e),
        opened => opened.map_err(|e| told(control, e))?,
    };
    // Evidence without it says so itself.
    match startup.descriptor(FIRMWARE_LOG).map(|log| opened.read_firmware_log(log)) {
        Ok(Ok(())) => {}
        Ok(Err(e)) => eprintln!("keyd: the firmware's event log: {e}"),
        Err(e) => eprintln!("keyd: {}", chain(&e)),
    }
    for trouble in &opened.troubles {
        control.send(&Report::degraded(trouble))?;
    }
    let keyd = opened.start(startup.server("auditd")?)?;
    for (client, channel) in startup.clients() {
        keyd.serve(client, channel)?;
    }
    let reports = control.clone();
    // A supervisor that is gone is noticed by the next order.
    keyd.on_provisioned(move |any| drop(reports.send(&Report::Provisioned(any))));
    control.send(&Report::Ready)?;
    keyd.record_losses()?;
    show(control, &keyd.losses()?)?;
    if let Some(lines) = keyd.first_code()? {
        show(control, &lines)?;
    }
    loop {
        match ipc::instruction(control) {
            Ok(Instruction::Serve { client, channel }) => keyd.serve(client, channel)?,
            Ok(Instruction::NewCode) => match keyd.screen_code() {
                Ok(lines) => show(control, &lines)?,
                Err(e) => control.send(&Report::screen(&format!("no code: {}", chain(&e))))?,
            },
            Ok(Instruction::Measure(text)) => {
                let reports = control.clone();
                keyd.measure(text, move |text| drop(reports.send(&Report::Measured(text))));
            }
            Ok(Instruction::RaiseSecurityFloor(version)) => keyd.raise_security_floor(version),
            Ok(Instruction::Stop) => {
                keyd.finish(STOP_WAIT);
                return Ok(());
            }
            Err(ipc::ChannelError::Closed) => return Ok(()),
            Ok(Instruction::BreakSandbox) => sandbox::break_out(),
            Ok(_) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

/// The TPM opens nothing in this boot, and ending would only be answered with another start: says why, and waits.
fn wait(control: &Channel, why: &KeydError) -> Result<(), MainError> {
    control.send(&Report::degraded(&format!("no keys and no clients in this boot: {}", chain(why))))?;
    loop {
        match ipc::instruction(control) {
            Ok(Instruction::Stop) | Err(ipc::ChannelError::Closed) => return Ok(()),
            Ok(Instruction::BreakSandbox) => sandbox::break_out(),
            Ok(_) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

fn open_tpm() -> Result<Result<Tpm, TpmError>, MainError> {
    Ok(Tpm::open(TctiNameConf::Device(device()?)))
}

fn device() -> Result<DeviceConfig, MainError> {
    DeviceConfig::from_str(TPM_DEVICE).map_err(MainError::Device)
}

/// Why it ends before it served.
fn told(control: &Channel, error: KeydError) -> KeydError {
    // The screen should hear it from us; if even that fails, the exit status says enough.
    let _ = control.send(&Report::screen(&format!("keyd: {}", chain(&error))));
    error
}

fn show(control: &Channel, lines: &[String]) -> Result<(), MainError> {
    for line in lines {
        control.send(&Report::screen(line))?;
    }
    Ok(())
}
