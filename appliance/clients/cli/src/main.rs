//! coffer: the command line client of a Coffer box.
#![forbid(unsafe_code)]

mod address;
mod appraisal;
mod approvals;
mod arguments;
mod attest;
mod audit;
mod authority;
mod backup;
mod backup_file;
mod clients;
mod compute;
mod connect;
mod console;
mod enrol;
mod error;
mod fixed_point;
mod header;
mod hexadecimal;
mod jobs;
mod keys;
mod modexp;
mod operand;
mod output;
mod pin;
mod profile;
mod proofs;
mod proven;
mod rsa;
mod secure_boot;
mod status;
mod table;
mod tls;
mod tpm;
mod trust;
mod whole_table;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::arguments::{Arguments, Backup, Command, TpmCommand};
use crate::connect::Link;
use crate::error::{CliError, chain};
use crate::output::Output;
use crate::profile::Profile;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    match run(arguments, &output).and_then(|()| output.end().map_err(CliError::Output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            output.error(&chain(&e));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments, output: &Output) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Runtime)?;
    let profile = Profile::at(arguments.config.as_deref(), &arguments.box_name)?;
    let host = arguments.host.as_deref().map(address::host).transpose()?;
    let link = Link { host, port: arguments.port, silence: Duration::from_secs(arguments.silence) };
    runtime.block_on(async {
        let command = match arguments.command {
            Command::Enrol(wanted) => return enrol::enrol(&profile, &link, wanted, output).await,
            Command::Renew(wanted) => return enrol::renew(&profile, &link, wanted, output).await,
            Command::Console(wanted) => return console::run(&profile, &link, wanted, output).await,
            Command::Trust(wanted) => return trust::run(&profile, &link, wanted, output).await,
            // It needs no box.
            Command::Backup(Backup::Key { file }) => return backup_file::make_key(&file, output),
            command => command,
        };
        let own = profile.load()?;
        let mut connection = connect::connect(&own, &link).await?;
        let client = &mut connection.client;
        match command {
            Command::Enrol(_) | Command::Renew(_) | Command::Console(_) | Command::Trust(_) => Ok(()),
            Command::Status => status::show(&mut connection, &profile, &own, output).await,
            Command::KeepReference(wanted) => {
                appraisal::keep_reference(&mut connection, &profile, &own, &wanted, output).await
            }
            Command::Attest(wanted) => attest::attest(client, wanted, output).await,
            Command::DeviceRecord { file } => attest::device_record(client, &own, &file, output).await,
            Command::SecureBoot(wanted) => secure_boot::run(&mut connection, &profile, &own, wanted, output).await,
            Command::Pin(wanted) => pin::run(client, &own, wanted, output).await,
            Command::Tpm(TpmCommand::ResetLockout) => tpm::reset_lockout(client, &own, output).await,
            Command::ActivateCredential(wanted) => attest::activate(client, wanted, output).await,
            Command::Keys(wanted) => keys::run(client, &own, wanted, output).await,
            Command::Compute(wanted) => compute::run(client, wanted, output).await,
            Command::Jobs(wanted) => jobs::run(client, wanted, output).await,
            Command::Clients(wanted) => clients::run(client, &own, wanted, output).await,
            Command::PairingCode(wanted) => {
                let pin = connect::pin(&own, &link).await?;
                clients::pairing_code(client, &own, pin, wanted, output).await
            }
            Command::Requests => approvals::list(client, output).await,
            Command::Approve(wanted) => approvals::approve(client, &own, wanted, output).await,
            Command::Backup(wanted) => backup::run(client, &own, wanted, output).await,
            Command::Restore(wanted) => backup::restore(client, &own, wanted, output).await,
            Command::Audit(wanted) => audit::run(client, &own, wanted, output).await,
            Command::Metrics => connect::metrics(&own, &link, output).await,
        }
    })
}
