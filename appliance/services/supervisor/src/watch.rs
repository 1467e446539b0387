//! The watch: feeds the watchdog, takes in what the services report, starts them again when one died, obeys the console.

use std::thread;
use std::time::{Duration, Instant};

use ipc::control::BoxFacts;

use crate::backoff::Backoff;
use crate::command::Command;
use crate::console::Console;
use crate::error::SupervisorError;
#[cfg(feature = "fault-injection")]
use crate::faults;
use crate::power::End;
use crate::services::{self, Services};
use crate::status::BoxStatus;
use crate::watchdog::Watchdog;
use crate::{facts, orphans};

/// How often the watch looks round when nothing happens; the watchdog's timeout is sixty times as long.
const TICK: Duration = Duration::from_secs(1);

/// The started box.
pub(crate) struct Watch {
    watchdog: Watchdog,
    status: BoxStatus,
    services: Services,
    /// When the services were.
    started: Instant,
    backoff: Backoff,
    kernel_ms: u64,
}

impl Watch {
    /// Starts the services. `network`: how the box is addressed. `kernel_ms`: what the kernel itself took.
    pub(crate) fn start(
        console: &mut Console,
        watchdog: Watchdog,
        mut facts: BoxFacts,
        cards: Vec<String>,
        network: Option<String>,
        kernel_ms: u64,
    ) -> Result<Watch, SupervisorError> {
        facts.started_ms = facts::uptime_ms();
        let status = BoxStatus::new(facts, cards, network);
        status.degraded_lines().for_each(|line| console.say(&line));
        let started = Instant::now();
        let services = Services::start(status.facts(), status.cards())?;
        Ok(Watch { watchdog, status, services, started, backoff: Backoff::default(), kernel_ms })
    }

    /// Until the box is to end.
    pub(crate) fn run(mut self, console: &mut Console) -> Result<End, SupervisorError> {
        let end = loop {
            self.watchdog.feed();
            orphans::reap(&self.services.pids());
            self.hear(console);
            let ended = self.services.ended();
            ended.iter().for_each(|line| console.say(line));
            if !ended.is_empty() {
                self = self.restart_services(console)?;
            }
            if let Some(end) = self.obey(console) {
                break end;
            }
        };
        let Watch { mut watchdog, services, .. } = self;
        services.stop(|| watchdog.feed());
        watchdog.disarm();
        Ok(end)
    }

    /// Takes in what the services report, waiting a tick for something to happen.
    fn hear(&mut self, console: &mut Console) {
        for (service, report) in self.services.reports(TICK) {
            if let Some(line) = self.status.take(service, report) {
                console.say(&line);
            }
        }
        if self.status.becomes_ready(services::COUNT) {
            let (all, kernel) = (facts::uptime_ms(), self.kernel_ms);
            console.say(&format!("ready {all} ms after the kernel's start, {kernel} ms of them its own"));
        }
    }

    /// After a pause that grows with each death in a row.
    fn restart_services(self, console: &mut Console) -> Result<Watch, SupervisorError> {
        let Watch { mut watchdog, mut status, services, started, mut backoff, kernel_ms } = self;
        services.stop(|| watchdog.feed());
        let restart = backoff.died(started.elapsed());
        if restart.degraded
            && let Some(line) = status.degrade("a service keeps dying")
        {
            console.say(&line);
        }
        let until = Instant::now() + restart.after;
        while Instant::now() < until {
            watchdog.feed();
            thread::sleep(TICK.min(until.saturating_duration_since(Instant::now())));
        }
        console.say("starting the services again");
        status.forget_ready();
        let started = Instant::now();
        let services = Services::start(status.facts(), status.cards())?;
        Ok(Watch { watchdog, status, services, started, backoff, kernel_ms })
    }

    /// Does what was typed, if anything was; how the box is to end, if it is.
    fn obey(&mut self, console: &mut Console) -> Option<End> {
        let line = console.read_line(Duration::ZERO)?;
        match Command::parse(&line)? {
            Ok(Command::PowerOff) => return Some(End::PowerOff),
            Ok(Command::Restart) => return Some(End::Reboot),
            Ok(Command::Status) => {
                self.status.lines(self.watchdog.is_present()).iter().for_each(|line| console.say(line));
            }
            #[cfg(feature = "fault-injection")]
            Err((word, argument)) => faults::inject(console, word, argument, &self.services.targets()),
            #[cfg(not(feature = "fault-injection"))]
            Err(_) => console.say("commands: status, restart, power-off"),
        }
        None
    }
}
