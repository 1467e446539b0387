//! card-model: the modelled card as a process, for an emulator to attach over vfio-user.

use std::{error::Error, path::PathBuf, process::ExitCode};

use card_function::serve;
use card_model::{FaultMode, FaultPlan, ModelCard};
use clap::Parser;

/// A functional model of the card on a vfio-user socket; serves one client and ends with it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Socket to create
    #[arg(long)]
    socket: PathBuf,
    /// Misbehave in this way
    #[arg(long, value_enum)]
    fault: Option<FaultMode>,
    /// Jobs that are done right before the fault
    #[arg(long, default_value_t = 0)]
    fault_after: u64,
    /// Jobs that go wrong before the fault is over; without it, all that follow
    #[arg(long)]
    fault_times: Option<u64>,
    /// Say on standard error what ended the program
    #[arg(long)]
    log: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let plan = FaultPlan { mode: arguments.fault, after: arguments.fault_after, times: arguments.fault_times };
    let served = serve(&arguments.socket, |board| ModelCard::new(board, plan));
    let Err(error) = served else { return ExitCode::SUCCESS };
    if arguments.log {
        let mut causes: Option<&dyn Error> = Some(&error);
        while let Some(cause) = causes {
            eprintln!("card-model: {cause}");
            causes = cause.source();
        }
    }
    ExitCode::FAILURE
}
