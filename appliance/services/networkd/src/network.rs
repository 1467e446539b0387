//! All links and the time, sans I/O: what comes in is links, frames, answers and the time; what comes out is frames, questions and
//! reports.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use ipc::control::{LINKS_MAX, Link, LinkName, Report};

use crate::clock::Clock;
use crate::port::Port;
use crate::settings::{Settings, TIME_SERVERS_MAX};
use crate::time::TimeClient;

/// Nothing is due: it looks again so often.
const IDLE: Duration = Duration::from_secs(60);

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Send {
        link: LinkName,
        frame: Vec<u8>,
    },
    /// To a time server's port.
    Ask {
        server: IpAddr,
        request: Vec<u8>,
    },
    Report(Report),
}

/// The network service.
pub struct Network {
    settings: Settings,
    ports: BTreeMap<LinkName, Port>,
    /// The first card that came.
    first: Option<LinkName>,
    time: TimeClient,
    random: Box<dyn FnMut() -> u64>,
}

impl Network {
    /// `random`: numbers that nobody can guess.
    pub fn new(settings: Settings, random: Box<dyn FnMut() -> u64>) -> Network {
        Network { settings, ports: BTreeMap::new(), first: None, time: TimeClient::default(), random }
    }

    /// A link is there from now on. Whether it is looked after.
    pub fn link(&mut self, link: Link, now: Duration) -> bool {
        if self.ports.len() >= LINKS_MAX && !self.ports.contains_key(&link.name) {
            return false;
        }
        if link.vlan.is_none() && self.first.is_none() {
            self.first = Some(link.name.clone());
        }
        let plan = self.settings.plan(&link, self.first.as_ref() == Some(&link.name));
        self.ports.insert(link.name.clone(), Port::new(link, plan, (self.random)(), now));
        true
    }

    pub fn carrier(&mut self, link: &LinkName, up: bool, now: Duration) {
        let seed = (self.random)();
        if let Some(port) = self.ports.get_mut(link) {
            port.carrier(up, seed, now);
        }
    }

    pub fn gone(&mut self, link: &LinkName) {
        self.ports.remove(link);
        self.first.take_if(|first| first == link);
    }

    /// A frame came on this link.
    pub fn receive(&mut self, link: &LinkName, frame: &[u8], now: Duration) {
        if let Some(port) = self.ports.get_mut(link) {
            port.receive(frame, now);
        }
    }

    /// A datagram came from a time server's port.
    pub fn answer(&mut self, from: IpAddr, datagram: &[u8], clock: Clock) {
        self.time.answer(from, datagram, clock);
    }

    /// Does what is due.
    pub fn poll(&mut self, clock: Clock) -> Vec<Action> {
        let mut actions = Vec::new();
        for port in self.ports.values_mut() {
            let (frames, report) = port.poll(clock.now);
            let link = &port.link().name;
            actions.extend(frames.into_iter().map(|frame| Action::Send { link: link.clone(), frame }));
            actions.extend(report.map(|report| Action::Report(Report::Link(report))));
        }
        self.time.servers(self.time_servers(), clock.now);
        let (questions, report) = self.time.poll(clock, &mut self.random);
        actions.extend(questions.into_iter().map(|(server, request)| Action::Ask { server, request }));
        actions.extend(report.map(Action::Report));
        actions
    }

    /// How long nothing is due, unless something comes.
    pub fn idle(&mut self, now: Duration) -> Duration {
        let time = self.time.idle(now);
        let ports = self.ports.values_mut().map(|port| port.idle(now));
        ports.chain([time]).min().unwrap_or(IDLE).min(IDLE)
    }

    /// The file's, or else those that DHCP servers name.
    fn time_servers(&self) -> Vec<IpAddr> {
        if !self.settings.time_servers().is_empty() {
            return self.settings.time_servers().into();
        }
        let mut named: Vec<IpAddr> = Vec::new();
        for server in self.ports.values().flat_map(Port::time_servers).map(|server| IpAddr::V4(*server)) {
            if !named.contains(&server) && named.len() < TIME_SERVERS_MAX {
                named.push(server);
            }
        }
        named
    }
}
