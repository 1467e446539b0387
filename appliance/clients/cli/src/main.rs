//! coffer: the command line client of a Coffer box.
#![forbid(unsafe_code)]

mod approvals;
mod arguments;
mod attest;
mod audit;
mod backup;
mod backup_file;
mod clients;
mod compute;
mod connect;
mod enrol;
mod error;
mod header;
mod hexadecimal;
mod jobs;
mod keys;
mod modexp;
mod operand;
mod output;
mod profile;
mod proofs;
mod rsa;
mod status;
mod table;
mod tls;
mod whole_table;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Backup, Command};
use crate::error::{CliError, chain};
use crate::output::Output;
use crate::profile::Profile;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    match run(arguments, &output) {
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
    let (host, port) = (arguments.host.as_deref(), arguments.port);
    runtime.block_on(async {
        let command = match arguments.command {
            Command::Enrol(wanted) => return enrol::enrol(&profile, host, port, wanted, output).await,
            Command::Renew(wanted) => return enrol::renew(&profile, host, port, wanted, output).await,
            // It needs no box.
            Command::Backup(Backup::Key { file }) => return backup_file::make_key(&file, output),
            command => command,
        };
        let own = profile.load()?;
        let mut client = connect::connect(&own, host, port).await?;
        match command {
            Command::Enrol(_) | Command::Renew(_) => Ok(()),
            Command::Status => status::show(&mut client, output).await,
            Command::Attest(wanted) => attest::attest(&mut client, wanted, output).await,
            Command::DeviceRecord { file } => attest::device_record(&mut client, &own, &file, output).await,
            Command::ActivateCredential(wanted) => attest::activate(&mut client, wanted, output).await,
            Command::Keys(wanted) => keys::run(&mut client, &own, wanted, output).await,
            Command::Compute(wanted) => compute::run(&mut client, wanted, output).await,
            Command::Jobs(wanted) => jobs::run(&mut client, wanted, output).await,
            Command::Clients(wanted) => clients::run(&mut client, &own, wanted, output).await,
            Command::PairingCode(wanted) => {
                let pin = connect::pin(&own, host, port).await?;
                clients::pairing_code(&mut client, &own, pin, wanted, output).await
            }
            Command::Requests => approvals::list(&mut client, output).await,
            Command::Approve(wanted) => approvals::approve(&mut client, &own, wanted, output).await,
            Command::Backup(wanted) => backup::run(&mut client, &own, wanted, output).await,
            Command::Restore(wanted) => backup::restore(&mut client, &own, wanted, output).await,
            Command::Audit(wanted) => audit::run(&mut client, &own, wanted, output).await,
            Command::Metrics => connect::metrics(&own, host, port, output).await,
        }
    })
}
