//! The watch: feeds the watchdog, takes in what the services say, starts them again when one died, obeys the console.

use std::time::Duration;

use ipc::control::{Address, BoxFacts, Order, PcrPolicy};
use service_process::Heard;
use service_table::{Device, Handle, Table};

use crate::command::Command;
use crate::console::Console;
use crate::error::{SupervisorError, chain};
#[cfg(feature = "fault-injection")]
use crate::faults;
use crate::network::Network;
use crate::power::End;
use crate::services::{Gifts, Services};
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
    cards: Vec<String>,
    network: Network,
    pcr_policy: PcrPolicy,
    kernel_ms: u64,
}

impl Watch {
    /// `kernel_ms`: what the kernel itself took.
    pub(crate) fn new(
        console: &mut Console,
        watchdog: Watchdog,
        mut facts: BoxFacts,
        table: Table,
        cards: Vec<String>,
        network: Network,
        kernel_ms: u64,
    ) -> Result<Watch, SupervisorError> {
        facts.started_ms = facts::uptime_ms();
        let addressed = network.link().map_or("none".into(), |link| format!("{link}, no address yet"));
        let status = BoxStatus::new(facts, &cards, &addressed);
        status.degraded_lines().for_each(|line| console.say(&line));
        let (services, pcr_policy) = (Services::new(table), facts::pcr_policy()?);
        Ok(Watch { watchdog, status, services, cards, network, pcr_policy, kernel_ms })
    }

    /// Until the box is to end.
    pub(crate) fn run(mut self, console: &mut Console) -> Result<End, SupervisorError> {
        let end = loop {
            self.watchdog.feed();
            orphans::reap(&self.services.pids());
            self.start_services(console)?;
            for (service, heard) in self.services.hear(TICK) {
                self.take(console, &service, heard);
            }
            self.take_ends(console);
            if self.status.becomes_ready(self.services.are_ready()) {
                let (all, kernel) = (facts::uptime_ms(), self.kernel_ms);
                console.say(&format!("ready {all} ms after the kernel's start, {kernel} ms of them its own"));
            }
            if let Some(end) = self.obey(console) {
                break end;
            }
        };
        let Watch { mut watchdog, services, .. } = self;
        services.stop(&mut || watchdog.feed());
        watchdog.disarm();
        Ok(end)
    }

    /// Those that run in the state of the box, when they are due.
    fn start_services(&mut self, console: &mut Console) -> Result<(), SupervisorError> {
        let Watch { watchdog, status, services, cards, network, pcr_policy, .. } = self;
        let open = |handle| match handle {
            Handle::DhcpPacketSocket => network.packet_socket(),
        };
        let gifts = Gifts { facts: status.facts(), cards, pcr_policy, open: &open };
        let problems = services.start_due(status.state(), &gifts, &mut || watchdog.feed())?;
        problems.iter().for_each(|line| console.say(line));
        Ok(())
    }

    fn take(&mut self, console: &mut Console, service: &str, heard: Heard) {
        let line = match heard {
            Heard::Line(line) => line,
            Heard::Card(sentence) => self.status.card(&sentence),
            Heard::Degraded(why) => self.status.reason(service, &why),
            Heard::Address(address) => self.address(address),
        };
        console.say(&line);
    }

    /// Addresses the box as it is said; the line to show.
    fn address(&mut self, address: Option<Address>) -> String {
        let link = self.network.link().unwrap_or("no link").to_string();
        let words = match (self.network.set(address), address) {
            (Ok(()), Some(address)) => format!("{link} {address}"),
            (Ok(()), None) => format!("{link}, no address"),
            (Err(e), _) => format!("{link}: {}", chain(&e)),
        };
        self.status.network(words)
    }

    fn take_ends(&mut self, console: &mut Console) {
        let watchdog = &mut self.watchdog;
        for ended in self.services.ended(&mut || watchdog.feed()) {
            for heard in ended.last_words {
                self.take(console, &ended.name, heard);
            }
            console.say(&ended.sentence);
            let line =
                ended.keeps_dying.then(|| self.status.degrade(&format!("the service {} keeps dying", ended.name)));
            line.flatten().iter().for_each(|line| console.say(line));
        }
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
            Ok(Command::Code) => {
                if !self.services.order(Device::Tpm, &Order::NewCode) {
                    console.say("no code now: the service that makes them is not running");
                }
            }
            #[cfg(feature = "fault-injection")]
            Err((word, argument)) => faults::inject(console, word, argument, &self.services),
            #[cfg(not(feature = "fault-injection"))]
            Err(_) => console.say("commands: code, status, restart, power-off"),
        }
        None
    }
}
