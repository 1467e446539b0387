//! The reading and writing: sockets, the clocks, the supervisor's orders.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::OwnedFd;
use std::time::Duration;

use ipc::control::{LinkName, Report};
use ipc::{Channel, ChannelError, Instruction, instruction};
use networkd::{Action, Clock, Network};
use nix::time::{ClockId, clock_gettime};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, recvfrom, send, sendto};

use crate::MainError;

/// More than a frame: what does not fit is none.
const BUFFER: usize = 2048;
/// Taken from one socket before the others have their turn.
const AT_ONCE: usize = 32;
const TIME_PORT: u16 = 123;

pub(crate) struct Shell {
    control: Channel,
    time_socket: Option<OwnedFd>,
    links: BTreeMap<LinkName, OwnedFd>,
    network: Network,
}

impl Shell {
    pub(crate) fn new(control: Channel, time_socket: Option<OwnedFd>, network: Network) -> Shell {
        Shell { control, time_socket, links: BTreeMap::new(), network }
    }

    /// Until the supervisor says stop.
    pub(crate) fn run(mut self) -> Result<(), MainError> {
        loop {
            for action in self.network.poll(clock()) {
                self.act(action)?;
            }
            let (to_obey, links, time) = self.wait()?;
            if to_obey && self.obey()? {
                return Ok(());
            }
            links.iter().for_each(|link| self.receive(link));
            if time {
                self.hear_time();
            }
        }
    }

    fn act(&self, action: Action) -> Result<(), MainError> {
        // What is not sent, because the cable is out, a queue is full or no way leads there, is sent again by its own timers.
        match action {
            Action::Send { link, frame } => {
                let _ = self.links.get(&link).map(|socket| send(socket, &frame, SendFlags::NOSIGNAL));
            }
            Action::Ask { server, request } => {
                let to = SocketAddrV6::new(mapped(server), TIME_PORT, 0, 0);
                let _ = self.time_socket.as_ref().map(|socket| sendto(socket, &request, SendFlags::NOSIGNAL, &to));
            }
            Action::Report(report) => self.control.send(&report)?,
        }
        Ok(())
    }

    /// Who has something: the supervisor, links, the time's socket.
    fn wait(&mut self) -> Result<(bool, Vec<LinkName>, bool), MainError> {
        let at_most = self.network.idle(clock().now);
        let sockets = self.links.values().chain(&self.time_socket);
        let mut polled: Vec<_> =
            [self.control.fd()].into_iter().chain(sockets).map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
        let timeout = Timespec { tv_sec: at_most.as_secs() as i64, tv_nsec: at_most.subsec_nanos().into() };
        match poll(&mut polled, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => return Err(MainError::Wait(e)),
        }
        let mut ready = polled.iter().map(|fd| !fd.revents().is_empty());
        let to_obey = ready.next().unwrap_or(false);
        let links = self.links.keys().zip(ready.by_ref()).filter(|(_, ready)| *ready).map(|(link, _)| link.clone());
        let links = links.collect();
        Ok((to_obey, links, ready.next().unwrap_or(false)))
    }

    /// Whether that was the end.
    fn obey(&mut self) -> Result<bool, MainError> {
        let now = clock().now;
        match instruction(&self.control) {
            Ok(Instruction::Stop) | Err(ChannelError::Closed) => return Ok(true),
            Ok(Instruction::BreakSandbox) => sandbox::break_out(),
            Ok(Instruction::Link { link, socket }) => {
                let name = link.name.clone();
                if self.network.link(link, now) {
                    self.links.insert(name, socket);
                } else {
                    self.control.send(&Report::degraded(&format!("{name}: there are too many links")))?;
                }
            }
            Ok(Instruction::Carrier { link, up }) => self.network.carrier(&link, up, now),
            Ok(Instruction::LinkGone { link }) => {
                self.links.remove(&link);
                self.network.gone(&link);
            }
            // Nobody calls this service, and it calls nobody.
            Ok(_) => {}
            Err(e) => return Err(e.into()),
        }
        Ok(false)
    }

    fn receive(&mut self, link: &LinkName) {
        let Some(socket) = self.links.get(link) else { return };
        let (mut frame, now) = ([0; BUFFER], clock().now);
        for _ in 0..AT_ONCE {
            match recv(socket, &mut frame, RecvFlags::DONTWAIT | RecvFlags::TRUNC) {
                Ok((_, length)) if length <= frame.len() => self.network.receive(link, &frame[..length], now),
                Ok(_) | Err(Errno::INTR) => {}
                // Nothing more; or the link is down or gone, which the supervisor tells.
                Err(_) => return,
            }
        }
    }

    fn hear_time(&mut self) {
        let Some(socket) = &self.time_socket else { return };
        let mut datagram = [0; BUFFER];
        for _ in 0..AT_ONCE {
            match recvfrom(socket, &mut datagram, RecvFlags::DONTWAIT) {
                Ok((length, _, from)) => {
                    let from = from.and_then(|from| SocketAddr::try_from(from).ok());
                    if let Some(from) = from.filter(|from| from.port() == TIME_PORT) {
                        self.network.answer(from.ip().to_canonical(), &datagram[..length], clock());
                    }
                }
                // What a router said of an earlier question is told once, and then the next datagram.
                Err(Errno::AGAIN) => return,
                Err(_) => {}
            }
        }
    }
}

/// IPv4 goes over the same socket.
fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

/// By the C library, whose way to the kernel's clock is there from the start: rustix would look for its own with calls that the jail
/// forbids.
fn clock() -> Clock {
    let read = |id| clock_gettime(id).map_or(Duration::ZERO, Duration::from);
    Clock { now: read(ClockId::CLOCK_BOOTTIME), unix: read(ClockId::CLOCK_REALTIME) }
}
