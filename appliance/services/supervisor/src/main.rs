//! PID 1 of the appliance: brings the box up in named steps, starts the services, and watches them until the power goes off.
#![forbid(unsafe_code)]

mod backoff;
mod blockdev;
mod boot_slot;
mod card;
mod command;
mod console;
mod early;
#[cfg(feature = "fault-injection")]
mod edu;
mod error;
mod facts;
#[cfg(feature = "fault-injection")]
mod faults;
mod kernel_log;
mod mounts;
mod network;
mod orphans;
mod power;
mod programs;
mod random;
mod services;
mod status;
mod volume;
mod watch;
mod watchdog;

use std::process::ExitCode;

use crate::console::Console;
use crate::error::{SupervisorError, chain};
use crate::watch::Watch;

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
    mounts::settle_sysctls()?;
    let network = network::start_loopback()?;
    let opened = volume::open(console, &mut watchdog, &mut facts)?;
    facts.data_volume = opened;
    let cards = card::bind(console, &mut facts);
    boot_slot::bless(console, &mut facts);
    let network = network.start(console)?;
    Watch::start(console, watchdog, facts, cards, network, kernel_ms)
}
