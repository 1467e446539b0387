//! The DHCP client (RFC 2131), sans I/O: frames and the time go in, frames and what became of the address come out. States, timers
//! and codec are smoltcp's; what a lease may say is ours.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use fastrand::Rng;
use ipc::control::Address;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::socket::dhcpv4::{Event, Socket};
use smoltcp::time::{Duration as Span, Instant};
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpCidr};

use crate::ack;
use crate::decline;
use crate::frames::Frames;

/// A lease is renewed at half of its time, whatever its server thinks that its time is: once a day at least.
const LEASE_MAX: Span = Span::from_secs(2 * 24 * 3600);
/// After a lease that was lost or is none: a server that says yes and no in turn is heard no more often.
const PAUSE: Duration = Duration::from_secs(10);
/// Nothing is due: it looks again so often.
const IDLE: Duration = Duration::from_secs(60);
/// RFC 2131, 4.1: the wait before a message is sent again doubles from the first of these to the last, each a second more or less, so
/// that boxes that were switched on together do not ask together. The RFC ends at 64: who plugs a server in should not wait that long.
const WAITS: [u64; 4] = [4, 8, 16, 32];
/// Mask, router, time servers.
const WANTED: &[u8] = &[1, 3, ack::TIME_SERVERS];

/// What became of the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is the box's from now on.
    Bound(Address),
    /// It is the box's no more: refused by its server, or not renewed in time.
    Lost,
    /// What a server offered is no address for a host; why not, in words.
    Refused(String),
}

/// A client on one link.
pub struct Client {
    link: Frames,
    interface: Interface,
    sockets: SocketSet<'static>,
    dhcp: SocketHandle,
    bound: Option<Address>,
    hardware: [u8; 6],
    /// Who gave it.
    server: Option<Ipv4Addr>,
    random: Rng,
    /// Messages that nobody has answered.
    unanswered: usize,
    /// The last one that was sent.
    transaction: Option<u32>,
    /// What the last acknowledgement that was heard says of time servers.
    heard_servers: Vec<Ipv4Addr>,
    time_servers: Vec<Ipv4Addr>,
    /// Until then nothing is heard or sent.
    quiet_until: Duration,
}

impl Client {
    /// `hardware`: the link's address. `seed`: for the numbers of its transactions. Times are since any one moment.
    pub fn new(hardware: [u8; 6], seed: u64, now: Duration) -> Client {
        let mut link = Frames::default();
        let mut config = Config::new(HardwareAddress::Ethernet(EthernetAddress(hardware)));
        config.random_seed = seed;
        let interface = Interface::new(config, &mut link, instant(now));
        let mut socket = Socket::new();
        socket.set_max_lease_duration(Some(LEASE_MAX));
        socket.set_parameter_request_list(WANTED);
        let mut sockets = SocketSet::new(Vec::new());
        let dhcp = sockets.add(socket);
        Client {
            link,
            interface,
            sockets,
            dhcp,
            bound: None,
            hardware,
            server: None,
            random: Rng::with_seed(seed),
            unanswered: 0,
            transaction: None,
            heard_servers: Vec::new(),
            time_servers: Vec::new(),
            quiet_until: Duration::ZERO,
        }
    }

    /// A frame came.
    pub fn receive(&mut self, frame: &[u8]) {
        if let Some(servers) = self.transaction.and_then(|transaction| ack::time_servers(frame, transaction)) {
            self.heard_servers = servers;
        }
        self.link.put(frame);
    }

    /// What the server that gave the address says of time servers.
    pub fn time_servers(&self) -> &[Ipv4Addr] {
        &self.time_servers
    }

    /// Does what is due; the frames to send, and what changed.
    pub fn poll(&mut self, now: Duration) -> (Vec<Vec<u8>>, Option<Change>) {
        if now < self.quiet_until {
            self.link.forget_received();
            return (Vec::new(), None);
        }
        self.spread_waits();
        self.interface.poll(instant(now), &mut self.link, &mut self.sockets);
        let change = self.change(now);
        let to_send = self.link.take_to_send();
        if let Some(transaction) = to_send.iter().rev().find_map(|frame| ack::transaction(frame)) {
            self.transaction = Some(transaction);
            self.unanswered += 1;
        }
        // What a pause follows has had its answer: a new search is begun after it.
        (if now < self.quiet_until { Vec::new() } else { to_send }, change)
    }

    /// Another host has the address: gives it back, and searches anew after a pause. The frame to send.
    pub fn decline(&mut self, now: Duration) -> Option<Vec<u8>> {
        let address = self.bound?;
        let IpAddr::V4(own) = address.address() else { return None };
        let transaction = self.random.u32(..);
        let frame = decline::frame(self.hardware, transaction, own, self.server?);
        let socket = self.sockets.get_mut::<Socket>(self.dhcp);
        socket.reset();
        // Who calls this knows that it is lost.
        let _ = socket.poll();
        self.pause(now);
        Some(frame)
    }

    /// How long nothing is due, unless a frame comes.
    pub fn idle(&mut self, now: Duration) -> Duration {
        if now < self.quiet_until {
            return self.quiet_until - now;
        }
        let delay = self.interface.poll_delay(instant(now), &self.sockets);
        delay.map_or(IDLE, |d| Duration::from_micros(d.total_micros())).min(IDLE)
    }

    /// How long the next message is waited for.
    fn spread_waits(&mut self) {
        let wait = |unanswered: usize, random: &mut Rng| {
            let seconds = WAITS[unanswered.min(WAITS.len() - 1)];
            Span::from_millis(random.u64(seconds * 1000 - 1000..=seconds * 1000 + 1000))
        };
        let socket = self.sockets.get_mut::<Socket>(self.dhcp);
        let mut config = socket.get_retry_config();
        config.discover_timeout = wait(self.unanswered, &mut self.random);
        // The socket doubles this one itself.
        config.initial_request_timeout = wait(0, &mut self.random);
        socket.set_retry_config(config);
    }

    fn change(&mut self, now: Duration) -> Option<Change> {
        let socket = self.sockets.get_mut::<Socket>(self.dhcp);
        match socket.poll()? {
            Event::Configured(config) => {
                let (address, prefix) = (config.address.address(), config.address.prefix_len());
                let gateway = config.router.map(IpAddr::V4);
                self.server = Some(config.server.identifier);
                match Address::new(address.into(), prefix, gateway) {
                    Ok(address) => {
                        self.use_address(Some(address));
                        self.unanswered = 0;
                        self.time_servers = self.heard_servers.clone();
                        let is_new = self.bound.replace(address) != Some(address);
                        is_new.then_some(Change::Bound(address))
                    }
                    Err(e) => {
                        socket.reset();
                        // Its own word for what it has just lost: ours are the ones that count.
                        let _ = socket.poll();
                        self.pause(now);
                        Some(Change::Refused(format!("{address}/{prefix}: {e}")))
                    }
                }
            }
            // Its first word, before there ever was an address.
            Event::Deconfigured if self.bound.is_none() => None,
            Event::Deconfigured => {
                self.pause(now);
                Some(Change::Lost)
            }
        }
    }

    fn pause(&mut self, now: Duration) {
        self.use_address(None);
        self.bound = None;
        self.unanswered = 0;
        self.time_servers.clear();
        self.quiet_until = now + PAUSE;
    }

    /// For renewals, which go to the server itself, by way of the gateway where it is in another network.
    fn use_address(&mut self, address: Option<Address>) {
        self.interface.update_ip_addrs(|addresses| {
            addresses.clear();
            // There is room: the list has just been emptied.
            if let Some((IpAddr::V4(own), prefix)) = address.map(|a| (a.address(), a.prefix())) {
                addresses.extend([IpCidr::new(own.into(), prefix)]);
            }
        });
        self.interface.routes_mut().remove_default_ipv4_route();
        if let Some(IpAddr::V4(gateway)) = address.and_then(|a| a.gateway()) {
            // One route fits.
            let _ = self.interface.routes_mut().add_default_ipv4_route(gateway);
        }
    }
}

fn instant(since: Duration) -> Instant {
    Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
