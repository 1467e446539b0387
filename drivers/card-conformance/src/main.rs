//! card-conformance: runs the suite over one card and says what it does not do as it must.

use std::{path::PathBuf, process::ExitCode};

use card::Transport;
use card_conformance::{CardProcess, ClientTransport, Options, run};
use card_model::{FaultPlan, in_process};
use clap::Parser;
use error_chain::chain;
use transport_vfio::{Bdf, VfioTransport};

/// The conformance suite over one card.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(flatten)]
    card: CardChoice,
    /// Widths of moduli in bits, separated by commas
    #[arg(long, value_delimiter = ',')]
    widths: Vec<usize>,
    /// Small batches and short exponents alone: minutes instead of hours on a simulation
    #[arg(long)]
    quick: bool,
    /// Bytes of the DMA pool
    #[arg(long, default_value_t = 8 << 20)]
    pool: usize,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct CardChoice {
    /// The functional model, in this process
    #[arg(long)]
    model: bool,
    /// A program that serves a card over vfio-user (card-model, card-rtl); it is started for the suite
    #[arg(long)]
    program: Option<PathBuf>,
    /// A card that already serves on this vfio-user socket
    #[arg(long)]
    socket: Option<PathBuf>,
    /// A function at this PCI address that is bound to vfio-pci
    #[arg(long)]
    device: Option<Bdf>,
}

fn main() -> ExitCode {
    match conforms(Arguments::parse()) {
        Ok(()) => {
            println!("the card conforms");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("card-conformance: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn conforms(arguments: Arguments) -> Result<(), String> {
    let Arguments { card, widths, quick, pool } = arguments;
    let mut options = Options { quick, ..Options::default() };
    if let Some(odd) = widths.iter().find(|bits| **bits == 0 || **bits % 64 != 0) {
        return Err(format!("a width of {odd} bits: widths are multiples of 64"));
    }
    if !widths.is_empty() {
        options.widths = widths;
    }
    let failed = |error: &dyn std::error::Error| chain(error);
    if let Some(bdf) = card.device {
        return over(VfioTransport::open(&bdf, pool).map_err(|e| failed(&e))?, &options);
    }
    if let Some(program) = card.program {
        let process = CardProcess::start(&program, &[]).map_err(|e| failed(&e))?;
        return over(process.connect(pool).map_err(|e| failed(&e))?, &options);
    }
    if let Some(socket) = card.socket {
        return over(ClientTransport::connect(&socket, pool).map_err(|e| failed(&e))?, &options);
    }
    over(in_process(pool, FaultPlan::default()).map_err(|e| failed(&e))?, &options)
}

fn over(transport: impl Transport, options: &Options) -> Result<(), String> {
    run(transport, options, &mut |part| println!("{part}")).map_err(|problem| chain(&problem))
}
