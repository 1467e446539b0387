//! What a service reports and writes, as far as it is heard. Times are since its start.

use std::io::{PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use ipc::control::{Dhcp, Line, LinkReport, Report, TimeReport};
use ipc::{Channel, ChannelError, Text};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use service_table::{Device, Row};

use crate::speech::{Lines, Throttle, printable};

/// What one that says too much is heard out for, before it is not heard for a while; what it says then waits, and so does it.
const REPORTS_AT_ONCE: usize = 256;
const BYTES_AT_ONCE: usize = 64 * 1024;
const DEAF: Duration = Duration::from_secs(1);

/// The ways on which a service speaks.
pub struct Hearing {
    name: String,
    may: May,
    control: Channel,
    /// Until the service has closed its end.
    output: Option<PipeReader>,
    lines: Lines,
    throttle: Throttle,
    is_ready: bool,
    deaf_until: Duration,
    hung_up: Option<Duration>,
}

/// What a service said: printable, and allowed by its row.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// For the screen.
    Line(String),
    /// What became of a card, in a sentence that begins with its address.
    Card(String),
    /// Why it does not do all of its work.
    Degraded(String),
    /// Whether anybody is enrolled.
    Provisioned(bool),
    /// PCR 15 was extended with this.
    Measured(Line),
    /// The own log is to say this.
    Loaded(Line),
    /// How a link is to be addressed from now on.
    Link(LinkReport),
    /// Why the file with the network's settings is not used.
    NetworkFile(String),
    Time(TimeReport),
    /// Why no time server's word is taken.
    NoTime(String),
    /// The last characters of the recovery key, as somebody wrote it down.
    RecoveryKeyWritten(Text<8>),
}

struct May {
    screen: bool,
    cards: bool,
    clients: bool,
    network: bool,
    operator: bool,
}

impl Hearing {
    /// `output` never waits.
    pub fn new(row: &Row, control: Channel, output: PipeReader) -> Hearing {
        let may = May {
            screen: row.screen,
            cards: row.devices.contains(&Device::Cards),
            // Whoever has the TPM knows the clients.
            clients: row.devices.contains(&Device::Tpm),
            network: row.network,
            operator: row.operator,
        };
        Hearing {
            name: row.name.clone(),
            may,
            control,
            output: Some(output),
            lines: Lines::default(),
            throttle: Throttle::new(Duration::ZERO),
            is_ready: false,
            deaf_until: Duration::ZERO,
            hung_up: None,
        }
    }

    pub fn is_ready(&self) -> bool {
        self.is_ready
    }

    pub fn control(&self) -> &Channel {
        &self.control
    }

    /// How long ago it closed its channel, if it did.
    pub fn hung_up_for(&self, now: Duration) -> Option<Duration> {
        self.hung_up.map(|at| now.saturating_sub(at))
    }

    /// What to wait for; nothing while it is not heard.
    pub fn sources(&self, now: Duration) -> Vec<BorrowedFd<'_>> {
        if now < self.deaf_until {
            return Vec::new();
        }
        let control = self.hung_up.is_none().then(|| self.control.as_fd());
        control.into_iter().chain(self.output.as_ref().map(AsFd::as_fd)).collect()
    }

    /// Takes in what there is.
    pub fn hear(&mut self, now: Duration) -> Vec<Heard> {
        if now < self.deaf_until {
            return Vec::new();
        }
        let left_out = self.throttle.take_left_out(now).map(|count| format!("{}: {count} lines left out", self.name));
        let mut heard: Vec<Heard> = left_out.into_iter().map(Heard::Line).collect();
        heard.extend(self.reports(now));
        heard.extend(self.written(now));
        heard
    }

    /// What there is of a service that has ended.
    pub fn last_words(&mut self, now: Duration) -> Vec<Heard> {
        self.deaf_until = Duration::ZERO;
        let mut heard = self.hear(now);
        let unfinished = self.lines.finish();
        heard.extend(unfinished.and_then(|line| self.line(now, &line)));
        heard
    }

    fn reports(&mut self, now: Duration) -> Vec<Heard> {
        let mut heard = Vec::new();
        for count in 0.. {
            if self.hung_up.is_some() || !is_readable(&self.control) {
                break;
            }
            if count == REPORTS_AT_ONCE {
                self.deaf_until = now + DEAF;
                break;
            }
            match self.control.receive::<Report>() {
                Ok(Report::Ready) => self.is_ready = true,
                // What is not its to say is as good as one line too many.
                Ok(report) => match self.allowed(report) {
                    Some(report) => heard.extend(self.is_heard(now).then_some(report)),
                    None => self.throttle.leave_out(),
                },
                Err(ChannelError::Malformed(_) | ChannelError::TooLarge { .. }) => self.throttle.leave_out(),
                Err(_) => self.hung_up = Some(now),
            }
        }
        heard
    }

    fn written(&mut self, now: Duration) -> Vec<Heard> {
        let (mut heard, mut buffer, mut total) = (Vec::new(), [0; 4096], 0);
        while let Some(output) = &mut self.output {
            match output.read(&mut buffer) {
                Ok(0) => self.output = None,
                Ok(size) => {
                    total += size;
                    for line in self.lines.push(&buffer[..size]) {
                        heard.extend(self.line(now, &line));
                    }
                }
                // Nothing more for now.
                Err(_) => break,
            }
            if total >= BYTES_AT_ONCE {
                self.deaf_until = now + DEAF;
                break;
            }
        }
        heard
    }

    fn line(&mut self, now: Duration, line: &str) -> Option<Heard> {
        self.is_heard(now).then(|| Heard::Line(format!("{}: {line}", self.name)))
    }

    fn is_heard(&mut self, now: Duration) -> bool {
        let heard = self.throttle.take(now);
        if !heard {
            self.deaf_until = now + DEAF;
        }
        heard
    }

    fn allowed(&self, report: Report) -> Option<Heard> {
        match report {
            Report::Screen(text) => self.may.screen.then(|| Heard::Line(printable(text.as_str()))),
            Report::Card(text) => self.may.cards.then(|| Heard::Card(printable(text.as_str()))),
            Report::Provisioned(any) => self.may.clients.then_some(Heard::Provisioned(any)),
            Report::Link(report) => self.may.network.then(|| Heard::Link(printable_link(report))),
            Report::NetworkFile(why) => self.may.network.then(|| Heard::NetworkFile(printable(why.as_str()))),
            Report::Time(time) => self.may.network.then_some(Heard::Time(time)),
            Report::NoTime(why) => self.may.network.then(|| Heard::NoTime(printable(why.as_str()))),
            Report::RecoveryKeyWritten(last) => self.may.operator.then_some(Heard::RecoveryKeyWritten(last)),
            Report::Measured(text) => self.may.clients.then_some(Heard::Measured(text)),
            Report::Loaded(text) => self.may.cards.then_some(Heard::Loaded(text)),
            Report::Degraded(text) => Some(Heard::Degraded(printable(text.as_str()))),
            Report::Ready => None,
        }
    }
}

fn printable_link(report: LinkReport) -> LinkReport {
    let dhcp = match report.dhcp {
        Dhcp::Refused { why } => Dhcp::Refused { why: Line::shortened(&printable(why.as_str())) },
        other => other,
    };
    LinkReport { dhcp, ..report }
}

fn is_readable(channel: &Channel) -> bool {
    let mut fds = [PollFd::new(channel.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO).is_ok_and(|count| count > 0)
}
