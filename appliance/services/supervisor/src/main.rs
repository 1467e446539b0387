//! PID 1 of the appliance: brings the box up in named steps, starts the services, and watches them until the power goes off.
#![forbid(unsafe_code)]

mod answers;
mod blockdev;
mod boot_slot;
mod card;
mod clock;
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
mod kernel_settings;
mod mounts;
mod network;
mod orphans;
mod power;
mod power_button;
mod random;
mod services;
mod slot_record;
mod space;
mod status;
mod volume;
mod watch;
mod watchdog;

use std::fs;
use std::process::ExitCode;

use attestation::own_log;
use box_state::Event;
use service_table::Table;

use crate::clock::Clock;
use crate::console::Console;
use crate::error::{SupervisorError, chain, file};
use crate::facts::Release;
use crate::network::Network;
use crate::power::End;
use crate::power_button::PowerButton;
use crate::services::Services;
use crate::slot_record::SlotRecord;
use crate::space::Space;
use crate::status::BoxStatus;
use crate::volume::Closed;
use crate::watch::{ImageTrial, Measurements, Running, Watch};
use crate::watchdog::Watchdog;

const SERVICES: &str = "/etc/coffer/services.json";

/// What the signed image brings along.
struct Image {
    release: Release,
    table: Table,
    /// SHA-256 of the table's file.
    services: [u8; 32],
}

fn main() -> ExitCode {
    if nix::unistd::getpid().as_raw() != 1 {
        eprintln!("supervisor: it runs as PID 1 of a Coffer box, and nowhere else");
        return ExitCode::FAILURE;
    }
    let kernel_ms = facts::uptime_ms();
    let mut console = Console::before_mounts();
    let image = start(&mut console);
    let (watchdog, armed) = Watchdog::open();
    match image {
        Ok(image) => {
            let watch = bring_up(&mut console, watchdog, image, kernel_ms, armed);
            let (watchdog, end) = watch.run(&mut console);
            power::end(&mut console, watchdog, end)
        }
        Err(e) => {
            // The image itself is broken, which no person at the box can cure: say why, let the firmware's boot counting decide.
            console.say(&format!("fatal: {}", chain(&e)));
            power::end(&mut console, watchdog, End::Failed)
        }
    }
}

/// What depends on nothing but the signed image and the kernel.
fn start(console: &mut Console) -> Result<Image, SupervisorError> {
    mounts::mount_all()?;
    // Ctrl-Alt-Del would restart the machine at once, with everything open. Now it is a signal that nobody here hears.
    let _ = nix::sys::reboot::set_cad_enabled(false);
    console.open()?;
    let release = Release::read()?;
    console.banner(&release);
    mounts::make_root_read_only()?;
    let (table, services) = read_table()?;
    kernel_settings::settle(&table)?;
    Ok(Image { release, table, services })
}

/// Everything before the watch, in order. Whatever goes wrong here is a reason that the box gives; it goes on.
fn bring_up(
    console: &mut Console,
    mut watchdog: Watchdog,
    image: Image,
    kernel_ms: u64,
    armed: Option<Event>,
) -> Watch {
    let Image { release, table, services } = image;
    let (facts, found) = facts::gather(&release);
    let running = Running { version: release.version.clone(), security_version: release.security_version };
    let (image, image_event) = ImageTrial::begin(running);
    let (clock, clock_event) = Clock::start(release.built);
    let network = Network::start();
    let (cards, card_events) = card::bind(console, &table);
    let volume = watchdog.during(|feed| Closed::new(table.clone(), services).open(console, feed));
    let mut watch = Watch {
        watchdog,
        status: BoxStatus::new(facts),
        services: Services::new(table.clone()),
        table,
        cards,
        network,
        clock,
        button: PowerButton::follow(),
        kernel_ms,
        closed: None,
        space: Space::default(),
        has_no_data: false,
        changed: false,
        measurements: Measurements::default(),
        image,
        slots: SlotRecord::default(),
    };
    watch.status.cards(&watch.cards);
    for event in found.into_iter().chain(clock_event).chain(armed).chain(card_events).chain(image_event) {
        watch.event(console, event);
    }
    watch.begin(console, volume);
    watch
}

/// The services of this image. The imager has checked the same table; one that it would not make is none for us.
fn read_table() -> Result<(Table, [u8; 32]), SupervisorError> {
    let json = fs::read_to_string(SERVICES).map_err(file("reading", SERVICES))?;
    let table = Table::parse(json.as_bytes());
    let table = table.map_err(|source| SupervisorError::Table { path: SERVICES.into(), source })?;
    Ok((table, own_log::digest(&json)))
}
