//! The services: started with their descriptors, watched, started again, stopped.

use std::collections::BTreeMap;
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use ipc::control::{BoxFacts, Order, Report, Start};
use ipc::{CONTROL_FD, Channel, PEER_FD};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use sandbox::Service;

use crate::backoff::Backoff;
use crate::console::Console;
use crate::error::SupervisorError;
use crate::facts;
use crate::kernel_log;
use crate::network::Addressed;
use crate::power::End;
use crate::watchdog::Watchdog;

pub(crate) const KEYD_UID: u32 = 101;
pub(crate) const COMPUTED_UID: u32 = 102;
/// tpm2-tss reports every refusal of the TPM's, expected or not, on the console; keyd says which ones matter.
pub(crate) const KEYD_ENVIRONMENT: [(&str, &str); 1] = [("TSS2_LOG", "all+none")];

/// The card's DMA pool and the rings of io_uring.
const COMPUTED_MEMORY_LOCK: u64 = 256 << 20;
/// A service that was told to stop has this long.
const STOP_WAIT: Duration = Duration::from_secs(10);
/// How often the watch looks round when nothing happens; the watchdog's timeout is sixty times as long.
const TICK: Duration = Duration::from_secs(1);

struct Started {
    name: &'static str,
    process: Child,
    control: Channel,
    ready: bool,
}

/// The started box.
pub(crate) struct Running {
    watchdog: Watchdog,
    facts: BoxFacts,
    cards: Vec<String>,
    /// What the compute service last said of each card.
    card_states: BTreeMap<String, String>,
    network: Option<Addressed>,
    services: Vec<Started>,
    started: Instant,
    backoff: Backoff,
    announced: bool,
    kernel_ms: u64,
}

pub(crate) fn start(
    console: &mut Console,
    watchdog: Watchdog,
    mut facts: BoxFacts,
    cards: Vec<String>,
    network: Option<Addressed>,
    kernel_ms: u64,
) -> Result<Running, SupervisorError> {
    facts.started_ms = facts::uptime_ms();
    for why in &facts.degraded {
        console.say(&format!("degraded: {why}"));
    }
    let mut running = Running {
        watchdog,
        facts,
        cards,
        card_states: BTreeMap::new(),
        network,
        services: Vec::new(),
        started: Instant::now(),
        backoff: Backoff::default(),
        announced: false,
        kernel_ms,
    };
    running.start_services()?;
    Ok(running)
}

impl Running {
    /// Feeds the watchdog, reaps, restarts and obeys the console until the box is to end.
    pub(crate) fn watch(mut self, console: &mut Console) -> Result<End, SupervisorError> {
        let end = loop {
            self.watchdog.feed();
            self.reap_strangers();
            self.hear(console);
            let dead = self.find_dead();
            dead.iter().for_each(|line| console.say(line));
            if !dead.is_empty() {
                self.restart_services(console)?;
            }
            if let Some(end) = self.obey(console)? {
                break end;
            }
        };
        self.stop_services();
        self.watchdog.disarm();
        Ok(end)
    }

    /// keyd and computed, joined by a fresh channel: neither can work without the other, so they start and stop together.
    fn start_services(&mut self) -> Result<(), SupervisorError> {
        let (keyd_peer, computed_peer) = Channel::pair()?;
        self.started = Instant::now();
        let start = |cards: Vec<String>, policy| Start { facts: self.facts.clone(), cards, pcr_policy: policy };
        let keyd = spawn("keyd", "/bin/keyd", &["serve"], &KEYD_ENVIRONMENT, KEYD_UID, 1 << 20, keyd_peer)?;
        keyd.control.send(&start(Vec::new(), Some(facts::pcr_policy()?)))?;
        let computed = spawn("computed", "/bin/computed", &[], &[], COMPUTED_UID, COMPUTED_MEMORY_LOCK, computed_peer)?;
        computed.control.send(&start(self.cards.clone(), None))?;
        self.services = vec![keyd, computed];
        Ok(())
    }

    fn restart_services(&mut self, console: &mut Console) -> Result<(), SupervisorError> {
        self.stop_services();
        let restart = self.backoff.died(self.started.elapsed());
        if restart.degraded {
            let why = "a service keeps dying".to_string();
            if !self.facts.degraded.contains(&why) {
                console.say(&format!("degraded: {why}"));
                self.facts.degraded.push(why);
            }
        }
        let until = Instant::now() + restart.after;
        while Instant::now() < until {
            self.watchdog.feed();
            std::thread::sleep(TICK.min(until.saturating_duration_since(Instant::now())));
        }
        console.say("starting the services again");
        self.announced = false;
        self.start_services()
    }

    /// Takes in what the services report, waiting a tick for something to happen.
    fn hear(&mut self, console: &mut Console) {
        let mut fds: Vec<PollFd<'_>> =
            self.services.iter().map(|s| PollFd::new(s.control.fd().as_fd(), PollFlags::POLLIN)).collect();
        let _ = poll(&mut fds, PollTimeout::from(TICK.as_millis() as u16));
        let ready: Vec<bool> = fds.iter().map(|fd| fd.any().unwrap_or(false)).collect();
        for (service, _) in self.services.iter_mut().zip(ready).filter(|(_, ready)| *ready) {
            match service.control.receive::<Report>() {
                Ok(Report::Ready) => service.ready = true,
                Ok(Report::Console(line)) => console.say(&line),
                Ok(Report::Card(line)) => {
                    console.say(&format!("card {line}"));
                    let (address, state) = line.split_once(' ').unwrap_or((&line, ""));
                    self.card_states.insert(address.into(), state.into());
                }
                Ok(Report::Degraded(why)) => console.say(&format!("degraded: {}: {why}", service.name)),
                // It is dying; its exit status will say more.
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        if !self.announced && self.services.iter().all(|s| s.ready) {
            self.announced = true;
            let (all, kernel) = (facts::uptime_ms(), self.kernel_ms);
            console.say(&format!("ready {all} ms after the kernel's start, {kernel} ms of them its own"));
        }
    }

    /// What to say about each service that ended. One that lost its peer ends too, in order; both are said.
    fn find_dead(&mut self) -> Vec<String> {
        let dead = |service: &mut Started| {
            let status = service.process.try_wait().ok().flatten()?;
            let how = match status.signal().and_then(|s| Signal::try_from(s).ok()) {
                Some(Signal::SIGSYS) => {
                    let which = kernel_log::forbidden_call(service.process.id()).unwrap_or_default();
                    format!("was killed: it made a system call that its jail forbids{which}")
                }
                Some(signal) => format!("was killed by {signal}"),
                None => format!("ended with {status}"),
            };
            Some(format!("service {} {how}", service.name))
        };
        self.services.iter_mut().filter_map(dead).collect()
    }

    /// PID 1 inherits every orphan. Our own children are left to `find_dead`.
    fn reap_strangers(&mut self) {
        let ours: Vec<i32> = self.services.iter().map(|s| s.process.id() as i32).collect();
        let Ok(entries) = std::fs::read_dir("/proc") else { return };
        for pid in entries.flatten().filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok()) {
            if pid > 1 && !ours.contains(&pid) {
                // ECHILD, which most answer, says that it is somebody else's child.
                let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG));
            }
        }
    }

    fn obey(&mut self, console: &mut Console) -> Result<Option<End>, SupervisorError> {
        let Some(line) = console.read_line(Duration::ZERO) else { return Ok(None) };
        let mut words = line.split_whitespace();
        match (words.next().unwrap_or(""), words.next()) {
            ("", _) => {}
            ("power-off", None) => return Ok(Some(End::PowerOff)),
            ("restart", None) => return Ok(Some(End::Reboot)),
            ("status", None) => self.show_status(console),
            #[cfg(feature = "fault-injection")]
            (command, argument) => self.inject(console, command, argument),
            #[cfg(not(feature = "fault-injection"))]
            _ => console.say("commands: status, restart, power-off"),
        }
        Ok(None)
    }

    fn show_status(&self, console: &mut Console) {
        let state = match (self.announced, self.facts.degraded.is_empty()) {
            (false, _) => "starting",
            (true, true) => "operational",
            (true, false) => "degraded",
        };
        console.say(&format!("status {state}, version {}, secure boot {}", self.facts.version, self.facts.secure_boot));
        if self.cards.is_empty() {
            console.say("card none");
        }
        for card in &self.cards {
            console
                .say(&format!("card {card} {}", self.card_states.get(card).map_or("not heard of yet", String::as_str)));
        }
        console.say(&format!("network {}", self.network.as_ref().map_or("none", |n| &n.summary)));
        console.say(&format!("watchdog {}", if self.watchdog.is_present() { "armed" } else { "none" }));
        for why in &self.facts.degraded {
            console.say(&format!("degraded: {why}"));
        }
    }

    fn stop_services(&mut self) {
        for service in &self.services {
            // One that is dead already can't hear it.
            let _ = service.control.send(&Order::Stop);
        }
        let until = Instant::now() + STOP_WAIT;
        for service in &mut self.services {
            while matches!(service.process.try_wait(), Ok(None)) {
                if Instant::now() > until {
                    let _ = service.process.kill();
                    let _ = service.process.wait();
                    break;
                }
                self.watchdog.feed();
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        self.services.clear();
    }

    #[cfg(feature = "fault-injection")]
    fn inject(&mut self, console: &mut Console, command: &str, argument: Option<&str>) {
        crate::faults::inject(
            console,
            command,
            argument,
            &self.services.iter().map(|s| (s.name, &s.control, s.process.id())).collect::<Vec<_>>(),
        );
    }
}

fn spawn(
    name: &'static str,
    program: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
    uid: u32,
    memory_lock: u64,
    peer: std::os::fd::OwnedFd,
) -> Result<Started, SupervisorError> {
    let (ours, theirs) = Channel::pair()?;
    let process = sandbox::spawn(Service {
        program: Path::new(program),
        arguments,
        environment,
        uid,
        descriptors: vec![(theirs, CONTROL_FD), (peer, PEER_FD)],
        memory_lock,
    })?;
    let control = Channel::from_fd(ours);
    control.set_timeout(Some(STOP_WAIT))?;
    Ok(Started { name, process, control, ready: false })
}
