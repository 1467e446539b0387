//! card-rtl: the card's RTL as a process, for an emulator to attach over vfio-user.

use std::{path::PathBuf, process::ExitCode};

use card_function::serve;
use card_rtl::{FaultMode, FaultPlan, PARAMETERS, RtlCard};
use clap::Parser;
use error_chain::chain;

/// The card's RTL, in simulation, on a vfio-user socket; serves one client and ends with it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Socket to create
    #[arg(long)]
    socket: PathBuf,
    /// Misbehave in this way
    #[arg(long, value_enum)]
    fault: Option<FaultMode>,
    /// Completions before the fault
    #[arg(long, default_value_t = 0)]
    fault_after: u64,
    /// Resets that the fault outlasts; without it, all
    #[arg(long)]
    fault_resets: Option<u64>,
    /// What registers without a reset hold at power-up follows from this number
    #[arg(long, default_value_t = 1)]
    seed: i32,
    /// Say on standard error what is simulated, and what ended the program
    #[arg(long)]
    log: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let plan = FaultPlan { mode: arguments.fault, after: arguments.fault_after, resets: arguments.fault_resets };
    if arguments.log {
        let parameters: Vec<_> = PARAMETERS.iter().map(|(name, value)| format!("{name} {value}")).collect();
        eprintln!("card-rtl: {}", parameters.join(", "));
    }
    let Err(error) = serve(&arguments.socket, |board| RtlCard::new(board, plan, arguments.seed)) else {
        return ExitCode::SUCCESS;
    };
    if arguments.log {
        eprintln!("card-rtl: {}", chain(&error));
    }
    ExitCode::FAILURE
}
