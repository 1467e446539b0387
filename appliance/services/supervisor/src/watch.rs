//! The watch: feeds the watchdog, takes in what the services say, starts them again when one died, looks after the data volume, the
//! network and the clock, obeys the console and the power button. It ends only when somebody wants the box to end.

use std::time::Duration;

use box_state::{BoxState, Code, Event, Reason};
use ipc::control::{DataVolume, Order, TimeReport};
use service_process::Heard;
use service_table::{Device, Handle, Table};

use crate::clock::Clock;
use crate::console::Console;
use crate::error::chain;
use crate::network::{Network, events as network_events};
use crate::power::End;
use crate::power_button::PowerButton;
use crate::services::{Gifts, Services};
use crate::slot_record::SlotRecord;
use crate::space::Space;
use crate::status::BoxStatus;
use crate::volume::{Closed, Volume};
use crate::watchdog::Watchdog;
use crate::{facts, mounts, orphans, volume};

mod image_trial;
mod measurements;
mod obey;

pub(crate) use image_trial::{ImageTrial, Running};
pub(crate) use measurements::Measurements;

/// How often the watch looks round when nothing happens; the watchdog's timeout is sixty times as long.
const TICK: Duration = Duration::from_secs(1);
/// Commands that are obeyed before it looks round again.
const COMMANDS_AT_ONCE: usize = 8;

/// The started box.
pub(crate) struct Watch {
    pub(crate) watchdog: Watchdog,
    pub(crate) status: BoxStatus,
    pub(crate) table: Table,
    pub(crate) cards: Vec<String>,
    pub(crate) network: Network,
    pub(crate) clock: Clock,
    pub(crate) button: PowerButton,
    /// What the kernel itself took.
    pub(crate) kernel_ms: u64,
    pub(crate) services: Services,
    /// As long as the volume is closed: the ways in.
    pub(crate) closed: Option<Box<Closed>>,
    pub(crate) space: Space,
    /// A place in memory stands for the data volume.
    pub(crate) has_no_data: bool,
    /// Whether what the services were told is not true any more.
    pub(crate) changed: bool,
    pub(crate) measurements: Measurements,
    pub(crate) image: ImageTrial,
    /// As the data volume has it.
    pub(crate) slots: SlotRecord,
}

impl Watch {
    /// The data volume was tried for the first time: goes on with it open, or locked.
    pub(crate) fn begin(&mut self, console: &mut Console, volume: Volume) {
        match volume {
            Volume::Open(open) => self.opened(console, open),
            Volume::Closed(closed) => self.locked(console, closed),
        }
    }

    /// Until the box is to end.
    pub(crate) fn run(mut self, console: &mut Console) -> (Watchdog, End) {
        let end = loop {
            self.watchdog.feed();
            orphans::reap(&self.services.pids());
            self.start_services(console);
            for (service, heard) in self.services.hear(TICK) {
                self.take(console, &service, heard);
            }
            self.take_ends(console);
            let services = &self.services;
            self.measurements.ask(|text| services.order(Device::Tpm, &Order::Measure(text.clone())));
            self.look(console);
            self.announce(console);
            if let Some(end) = self.look_at_image(console) {
                break end;
            }
            if self.button.was_pressed() {
                console.say("the power button was pressed");
                break End::PowerOff;
            }
            if let Some(end) = self.obey(console) {
                break end;
            }
        };
        let Watch { mut watchdog, mut services, mut clock, .. } = self;
        services.stop_all(&mut || watchdog.feed());
        clock.keep();
        (watchdog, end)
    }

    /// Takes the event in, and shows the reason if it is new.
    pub(crate) fn event(&mut self, console: &mut Console, event: Event) {
        let before = self.status.condition("");
        if let Some(reason) = self.status.take(event) {
            console.say_reason(&reason);
        }
        self.changed |= self.status.condition("") != before;
    }

    fn opened(&mut self, console: &mut Console, open: volume::Opened) {
        self.closed = None;
        self.measurements.began_with(open.measured);
        self.measurements.add(volume::configuration());
        self.status.facts_mut().data_volume = open.how;
        console.say(&format!("data volume {}", open.how.word()));
        self.event(console, Event::Opened);
        for event in open.events.into_iter().chain(self.clock.volume_is_open(facts::uptime())) {
            self.event(console, event);
        }
        if volume::show_recovery_key(console) {
            self.event(console, Event::Appeared(Reason::new(Code::RecoveryKeyNotConfirmed)));
        }
        let (slots, trouble) = SlotRecord::read();
        trouble.iter().for_each(|line| console.say(line));
        self.slots = slots;
        let table = self.table.clone();
        let no_tpm = self.status.situation().has(Code::TpmUnusable);
        self.services = Services::new(if no_tpm { table.without(Device::Tpm) } else { table });
        self.status.facts_mut().started_ms = facts::uptime_ms();
    }

    fn locked(&mut self, console: &mut Console, closed: Box<Closed>) {
        self.status.facts_mut().data_volume = DataVolume::Closed;
        console.say(&format!("data volume stays closed: {}", closed.why().sentence()));
        self.event(console, Event::Appeared(closed.why().clone()));
        volume::prompt(console, &closed);
        self.closed = Some(closed);
        // What runs in this state has its folder there, and nothing else.
        if !self.has_no_data {
            self.has_no_data = true;
            let made = mounts::mount_no_data().and_then(|()| volume::make_folders(&self.table));
            made.err().iter().for_each(|e| console.say(&chain(e)));
        }
    }

    /// Those that run in the state of the box, when they are due.
    fn start_services(&mut self, console: &mut Console) {
        let Watch { watchdog, status, services, cards, network, measurements, .. } = self;
        let open = |handle| match handle {
            Handle::FirmwareLog => facts::firmware_log(),
            handle => network.open(handle),
        };
        let measured = measurements.done();
        let condition = |name: &str| status.condition(name);
        let gifts = Gifts { facts: status.facts(), condition: &condition, cards, measured, open: &open };
        let problems = services.start_due(status.state(), &gifts, &mut || watchdog.feed());
        problems.iter().for_each(|line| console.say(line));
    }

    fn take(&mut self, console: &mut Console, service: &str, heard: Heard) {
        match heard {
            Heard::Line(line) => console.say(&line),
            Heard::Card(sentence) => {
                console.say(&self.status.card(&sentence));
                self.keep_cards(console);
            }
            Heard::Degraded(why) => {
                let reason = Reason::new(Code::ServiceTrouble).about(service).detail(&why);
                self.event(console, Event::Appeared(reason));
            }
            // What became of it is said when it has been done.
            Heard::Link(report) => self.network.report(report),
            Heard::NetworkFile(why) => {
                let holder = self.services.holder(Handle::PacketSockets);
                console.say(&self.network.file_not_used(why, holder));
            }
            Heard::Time(time) => self.time(console, &time),
            Heard::NoTime(why) => console.say(&format!("time: {why}")),
            Heard::Measured(text) => self.measurements.was_done(text),
            Heard::Loaded(text) => self.measurements.add(text),
            Heard::RecoveryKeyWritten(last) => self.recovery_key_written(console, last.as_str()),
            Heard::Provisioned(any) => self.event(console, Event::Provisioned(any)),
        }
    }

    /// What time servers agree on; it was said a moment ago.
    fn time(&mut self, console: &mut Console, time: &TimeReport) {
        let now = time.unix_ms.saturating_add(facts::uptime_ms().saturating_sub(time.at_ms));
        let (line, events) = self.clock.server_said(now, &time.server.to_string());
        line.iter().for_each(|line| console.say(line));
        events.into_iter().for_each(|event| self.event(console, event));
    }

    fn take_ends(&mut self, console: &mut Console) {
        let watchdog = &mut self.watchdog;
        for ended in self.services.ended(&mut || watchdog.feed()) {
            for heard in ended.last_words {
                self.take(console, &ended.name, heard);
            }
            console.say(&ended.sentence);
            if self.table.rows().iter().any(|row| row.name == ended.name && row.devices.contains(&Device::Tpm)) {
                self.measurements.asked_in_vain();
            }
            // The next one says again what is still true.
            self.event(console, Event::Gone(Code::ServiceTrouble, ended.name.clone()));
            if ended.keeps_dying {
                self.event(console, Event::Appeared(Reason::new(Code::ServiceKeepsDying).about(&ended.name)));
            }
        }
        let steady: Vec<String> = self.services.steady().map(String::from).collect();
        for name in steady {
            self.event(console, Event::Gone(Code::ServiceKeepsDying, name));
        }
    }

    /// What nobody reports.
    fn look(&mut self, console: &mut Console) {
        let now = facts::uptime();
        let lines = self.network.look(self.services.holder(Handle::PacketSockets));
        lines.iter().for_each(|line| console.say(line));
        self.changed |= self.status.addresses(self.network.addresses());
        for event in network_events(&self.network.troubles()) {
            self.event(console, event);
        }
        if self.closed.is_none() {
            self.clock.tick(now);
            for event in self.space.look(now) {
                self.event(console, event);
            }
        }
    }

    /// Says when all services serve, and tells them what changed.
    fn announce(&mut self, console: &mut Console) {
        if std::mem::take(&mut self.changed) {
            self.services.tell(|service| self.status.condition(service));
        }
        let open = self.status.state() != BoxState::Locked;
        if self.status.becomes_ready(open && self.services.are_ready()) {
            let (all, kernel) = (facts::uptime_ms(), self.kernel_ms);
            console.say(&format!("ready {all} ms after the kernel's start, {kernel} ms of them its own"));
        }
    }
}
