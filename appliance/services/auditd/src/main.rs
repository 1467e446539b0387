//! auditd: started by the supervisor.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use auditd::{AuditdError, Running};
use ipc::control::Report;
use ipc::{CONTROL_FD, Channel, ChannelError, Instruction, Startup, instruction};
use sandbox::Jail;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("auditd: {}", error_chain::chain(&e));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), AuditdError> {
    let control = Channel::from_fd(sandbox::passed(CONTROL_FD).ok_or(AuditdError::Descriptor(CONTROL_FD))?);
    let mut startup = Startup::receive(&control)?;
    let jail = &startup.start.jail;
    let folder = jail.folder.as_deref().map(Path::new).ok_or(AuditdError::NoFolder)?;
    let (listen, connect) = (&jail.listen, &jail.connect);
    sandbox::enter(&Jail { filter: &jail.filter, folder: Some(folder), listen, connect })?;
    let folder = folder.to_path_buf();
    let (running, trouble) = Running::start(&folder, startup.server("keyd")?)?;
    if let Some(trouble) = trouble {
        control.send(&Report::degraded(&trouble))?;
    }
    for (peer, channel) in startup.clients() {
        running.serve(peer, channel)?;
    }
    control.send(&Report::Ready)?;
    loop {
        match instruction(&control) {
            Ok(Instruction::Serve { client, channel }) => running.serve(client, channel)?,
            Ok(Instruction::Stop) | Err(ChannelError::Closed) => {
                running.stop();
                return Ok(());
            }
            Ok(Instruction::BreakSandbox) => sandbox::break_out(),
            Ok(_) => {}
            Err(e) => return Err(e.into()),
        }
    }
}
