//! harness: boots a box in the emulator and does the main job with it.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand, ValueEnum};
use error_chain::chain;
use harness::run::{Plan, Session, main_job, power_off};
use harness::{Card, HarnessError};

#[derive(Parser)]
#[command(about = "Boots a box in the emulator", version)]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Boot, enrol, compute, compare; then stay up until Ctrl-C
    Run(Run),
    /// Only boot, with the console on standard output, until the box switches itself off or Ctrl-C
    Boot(Boot),
}

#[derive(clap::Args)]
struct Run {
    /// Power off after the job
    #[arg(long)]
    once: bool,
    /// Write what was found to this file
    #[arg(long)]
    json: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "model")]
    card: Slot,
    /// Start with a new box
    #[arg(long)]
    fresh: bool,
    #[arg(long, default_value = "target/image/dev")]
    image: PathBuf,
    /// Where the box's disk and TPM and the client's enrolment are kept from run to run
    #[arg(long, default_value = "/cache/run")]
    state: PathBuf,
    /// Folder of the built programs
    #[arg(long, default_value = "target/release")]
    binaries: PathBuf,
    #[arg(long, default_value = "/cache/data/breast_cancer.csv")]
    table: PathBuf,
    /// Seconds that were spent before this, for the report
    #[arg(long, default_value_t = 0.0)]
    setup_seconds: f64,
}

#[derive(clap::Args)]
struct Boot {
    #[arg(long, default_value = "target/image/dev")]
    image: PathBuf,
    #[arg(long, default_value = "target/boot")]
    state: PathBuf,
    #[arg(long, value_enum, default_value = "none")]
    card: Slot,
    #[arg(long, default_value = "target/release")]
    binaries: PathBuf,
    #[arg(long, default_value_t = 120)]
    seconds: u64,
    /// Cut the power when standard input ends, too
    #[arg(long)]
    attended: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Slot {
    None,
    /// The functional model
    Model,
    /// The RTL in simulation
    Rtl,
}

/// For the box to show a code.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    // The children are in groups of their own and don't see a Ctrl-C: the box is switched off in order. A second one ends us at
    // once, and the kernel ends the children.
    let handled = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    let outcome = match (handled, Arguments::parse().command) {
        (Err(e), _) => Err(HarnessError::Box { problem: format!("no handler for Ctrl-C: {e}") }),
        (Ok(()), Action::Run(arguments)) => run(arguments, &stop),
        (Ok(()), Action::Boot(arguments)) => boot(&arguments, &stop),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("harness: {}", chain(&e));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Run, stop: &AtomicBool) -> Result<(), HarnessError> {
    let started = Instant::now();
    let mut say = |line: &str| eprintln!("== {:6.1} s  {line}", started.elapsed().as_secs_f64());
    let plan = Plan {
        image: arguments.image,
        state: arguments.state,
        card: slot(arguments.card, &arguments.binaries),
        client: arguments.binaries.join("coffer"),
        table: arguments.table,
        fresh: arguments.fresh,
        setup_s: arguments.setup_seconds,
    };
    let mut session = main_job(&plan, stop, &mut say)?;
    if let Some(path) = &arguments.json {
        session.report.write(path)?;
    }
    if !arguments.once {
        stay_up(&mut session, &plan, stop)?;
    }
    if session.machine.is_on() {
        power_off(&mut session, &mut say)?;
    }
    match session.report.problem() {
        None => Ok(()),
        Some(problem) => Err(HarnessError::Box { problem }),
    }
}

fn stay_up(session: &mut Session, plan: &Plan, stop: &AtomicBool) -> Result<(), HarnessError> {
    let ports = session.machine.ports();
    eprintln!(
        "\nThe box is up. Its service is at 127.0.0.1:{}, its enrolment at 127.0.0.1:{}.",
        ports.service, ports.enrolment
    );
    eprintln!(
        "  scripts/in-root {} --config {} --host 127.0.0.1 --port {} status",
        plan.client.display(),
        plan.state.join("client").display(),
        ports.service
    );
    let console = session.machine.console();
    let or_look = |shown: Option<String>| shown.unwrap_or_else(|| "(see the box's screen)".into());
    eprintln!("Its console is at https://127.0.0.1:{}, certificate SHA-256", ports.console);
    eprintln!("  {}", or_look(console.value("coffer: console certificate SHA-256 ")));
    // The code of the start has enrolled a program.
    console.mark();
    let asked = console.send_line("code").and_then(|()| console.wait_value("coffer: pairing code ", PATIENCE));
    eprintln!("  the set-up asks for the last three groups of the code on its screen: {}", or_look(asked.ok()));
    eprintln!("Ctrl-C switches it off.");
    while !stop.load(Ordering::Relaxed) && session.machine.is_on() {
        thread::sleep(POLL);
    }
    Ok(())
}

fn boot(arguments: &Boot, stop: &Arc<AtomicBool>) -> Result<(), HarnessError> {
    let card = slot(arguments.card, &arguments.binaries);
    if arguments.attended {
        let left = stop.clone();
        thread::spawn(move || {
            // Whatever comes of it: nobody is there any more.
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            left.store(true, Ordering::Relaxed);
        });
    }
    let mut machine = harness::Machine::settings(&arguments.image, &arguments.state).card(card).start()?;
    eprintln!("harness: the console for browsers is at https://127.0.0.1:{}", machine.ports().console);
    let mut shown = 0;
    while !stop.load(Ordering::Relaxed) && machine.uptime() < Duration::from_secs(arguments.seconds) {
        let on = machine.is_on();
        let lines = machine.console().lines();
        lines[shown..].iter().for_each(|line| println!("{line}"));
        shown = lines.len();
        if !on {
            eprintln!("harness: off after {:.1} s", machine.uptime().as_secs_f64());
            return Ok(());
        }
        thread::sleep(POLL);
    }
    machine.power_cut();
    eprintln!("harness: power cut after {:.1} s", machine.uptime().as_secs_f64());
    Ok(())
}

fn slot(slot: Slot, binaries: &std::path::Path) -> Card {
    match slot {
        Slot::None => Card::None,
        Slot::Model => Card::model(binaries),
        Slot::Rtl => Card::rtl(binaries),
    }
}
