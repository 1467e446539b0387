//! What was typed at the console, and what is done for it.

use box_state::{Code, Event, Reason, Severity};
use ipc::control::Order;
use service_table::Device;

use super::{COMMANDS_AT_ONCE, Watch};
use crate::command::{Command, HELP, Other};
use crate::console::Console;
use crate::console::keyboard::Typed;
#[cfg(feature = "fault-injection")]
use crate::faults;
use crate::power::End;
use crate::volume::{self, Answer, Closed};

impl Watch {
    /// Does what was typed; how the box is to end, if it is.
    pub(super) fn obey(&mut self, console: &mut Console) -> Option<End> {
        for _ in 0..COMMANDS_AT_ONCE {
            match console.typed()? {
                Typed::TooLong => console.say("a line that is too long is not read"),
                Typed::Line(line) => {
                    if let Some(end) = self.obey_line(console, &line) {
                        return Some(end);
                    }
                }
            }
        }
        None
    }

    fn obey_line(&mut self, console: &mut Console, line: &str) -> Option<End> {
        match Command::parse(line)? {
            Ok(Command::PowerOff) => return Some(End::PowerOff),
            Ok(Command::Restart) => return Some(End::Reboot),
            Ok(Command::Help) => HELP.iter().for_each(|line| console.say(line)),
            Ok(Command::Status) => self.say_status(console),
            Ok(Command::Code) => {
                if !self.services.order(Device::Tpm, &Order::NewCode) {
                    console.say("no code now: the service that makes them is not running");
                }
            }
            Ok(Command::Time(unix)) => {
                let (line, events) = self.clock.person_said(unix);
                console.say(&line);
                events.into_iter().for_each(|event| self.event(console, event));
            }
            Ok(Command::Confirm(last)) => self.recovery_key_written(console, &last),
            Ok(Command::Retry) => self.try_way(console, Closed::retry),
            Ok(Command::ChooseDisk(number)) => {
                self.try_way(console, |closed, console, feed| closed.choose(number, console, feed));
            }
            Ok(Command::Erase(word)) => {
                self.try_way(console, |closed, console, feed| closed.erase(word.as_deref(), console, feed));
            }
            Err(Other::Usage(how)) => console.say(&format!("it is used so: {how}")),
            Err(Other::Unknown(..)) if self.closed.is_some() => {
                self.try_way(console, |closed, console, feed| closed.typed(line, console, feed));
            }
            #[cfg(feature = "fault-injection")]
            Err(Other::Unknown(word, argument)) => {
                faults::inject(console, word, argument, &self.services, &mut self.network, &mut self.image);
            }
            #[cfg(not(feature = "fault-injection"))]
            Err(Other::Unknown(..)) => console.say("there is no such command; help lists them"),
        }
        None
    }

    /// By its last characters, typed here or at the web console.
    pub(super) fn recovery_key_written(&mut self, console: &mut Console, last: &str) {
        match volume::confirm(last) {
            Ok(line) => {
                console.say(&line);
                self.event(console, Event::Gone(Code::RecoveryKeyNotConfirmed, String::new()));
            }
            Err(line) => console.say(&line),
        }
    }

    /// A way to open the closed volume.
    fn try_way(&mut self, console: &mut Console, way: impl FnOnce(Closed, &mut Console, &mut dyn FnMut()) -> Answer) {
        let Some(closed) = self.closed.take() else {
            console.say("the data volume is open already");
            return;
        };
        let why = closed.why().clone();
        match self.watchdog.during(|feed| way(*closed, console, feed)) {
            Answer::Still { closed, line } => {
                console.say(&line);
                volume::prompt(console, &closed);
                self.closed = Some(closed);
            }
            Answer::Tried(volume::Volume::Open(open)) => {
                console.echo(true);
                let watchdog = &mut self.watchdog;
                self.services.stop_all(&mut || watchdog.feed());
                self.opened(console, open);
            }
            Answer::Tried(volume::Volume::Closed(closed)) => {
                self.event(console, Event::Gone(why.code(), why.subject().into()));
                self.locked(console, closed);
            }
        }
    }

    fn say_status(&self, console: &mut Console) {
        let links = self.network.links();
        let network: Vec<String> = match links.as_slice() {
            [] => vec!["none".into()],
            links => links.iter().map(|(link, words)| format!("{link}: {words}")).collect(),
        };
        self.status.lines(&network, self.watchdog.is_present()).iter().for_each(|line| console.say(line));
        // A person who asks is told again what to do about what is wrong.
        let wrong = |reason: &&Reason| reason.code().severity() != Severity::Notice;
        self.status.situation().reasons().filter(wrong).for_each(|reason| console.say_reason(reason));
        if let Some(closed) = &self.closed {
            volume::prompt(console, closed);
        }
    }
}
