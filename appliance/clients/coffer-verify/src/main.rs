//! coffer-verify: judges a box's evidence, and its audit log, by nothing but its arguments: no network, no TPM, no configuration.
//!
//! Exit status: 0 affirming, 1 not affirming, 2 there was nothing to judge.
#![forbid(unsafe_code)]

mod arguments;
mod evidence;
mod log;
mod log_command;
mod output;
mod unpack;

use std::io::Write;
use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;
use error_chain::chain;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.command {
        Some(Command::Log(log)) => log_command::run(log),
        Some(Command::Unpack(arguments)) => unpack::run(arguments),
        None => evidence::run(&arguments.evidence),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(e) => {
            // Where nobody hears it, the exit status still says it.
            let _ = writeln!(std::io::stderr(), "coffer-verify: {}", chain(&e));
            ExitCode::from(2)
        }
    }
}
