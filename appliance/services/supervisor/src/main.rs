//! PID 1 of the appliance: brings the box up in named steps, starts the services, and watches them until the power goes off.
#![forbid(unsafe_code)]

mod blockdev;
mod boot_slot;
mod card;
mod command;
mod console;
mod devices;
mod early;
#[cfg(feature = "fault-injection")]
mod edu;
mod error;
mod facts;
#[cfg(feature = "fault-injection")]
mod faults;
mod mounts;
mod network;
mod orphans;
mod power;
mod random;
mod services;
mod status;
mod volume;
mod watch;
mod watchdog;

use std::fs;
use std::process::ExitCode;

use service_table::Table;

use crate::console::Console;
use crate::error::{SupervisorError, chain, file};
use crate::network::Network;
use crate::watch::Watch;

const SERVICES: &str = "/etc/coffer/services.json";

fn main() -> ExitCode {
    if nix::unistd::getpid().as_raw() != 1 {
        eprintln!("supervisor: it runs as PID 1 of a Coffer box, and nowhere else");
        return ExitCode::FAILURE;
    }
    let kernel_ms = facts::uptime_ms();
    let mut console = Console::before_mounts();
    let outcome = bring_up(&mut console, kernel_ms).and_then(|watch| watch.run(&mut console));
    match outcome {
        Ok(end) => power::end(&mut console, end),
        Err(e) => {
            // Nothing can be served, and a boot loop would help nobody: say why, let the firmware's boot counting decide.
            console.say(&format!("fatal: {}", chain(&e)));
            power::end(&mut console, power::End::Failed)
        }
    }
}

/// Everything before the watch, in order. `kernel_ms`: what the kernel itself took.
fn bring_up(console: &mut Console, kernel_ms: u64) -> Result<Watch, SupervisorError> {
    mounts::mount_all()?;
    console.open()?;
    let mut watchdog = watchdog::Watchdog::open(console);
    let release = facts::Release::read()?;
    console.banner(&release);
    mounts::make_root_read_only()?;
    let mut facts = facts::gather(&release)?;
    let table = read_table()?;
    mounts::settle_sysctls(&table)?;
    let mut network = Network::start()?;
    facts.data_volume = volume::open(console, &mut watchdog, &mut facts, &table)?;
    let cards = card::bind(console, &mut facts, &table);
    boot_slot::bless(console, &mut facts);
    network.find_link(console)?;
    Watch::new(console, watchdog, facts, table, cards, network, kernel_ms)
}

/// The services of this image. The imager has checked the same table; one that it would not make is none for us.
fn read_table() -> Result<Table, SupervisorError> {
    let json = fs::read(SERVICES).map_err(file("reading", SERVICES))?;
    Table::parse(&json).map_err(|source| SupervisorError::Table { path: SERVICES.into(), source })
}
