//! The DHCP client (RFC 2131), sans I/O: frames and the time go in, frames and what became of the address come out. States, timers
//! and codec are smoltcp's; what a lease may say is ours.

use std::time::Duration;

use ipc::control::Address;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::socket::dhcpv4::{Event, Socket};
use smoltcp::time::{Duration as Span, Instant};
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpCidr};

use crate::link::Link;

/// A lease is renewed at half of its time, whatever its server thinks that its time is: once a day at least.
const LEASE_MAX: Span = Span::from_secs(2 * 24 * 3600);
/// After a lease that was lost or is none: a server that says yes and no in turn is heard no more often.
const PAUSE: Duration = Duration::from_secs(10);
/// Nothing is due: it looks again so often.
const IDLE: Duration = Duration::from_secs(60);

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
    link: Link,
    interface: Interface,
    sockets: SocketSet<'static>,
    dhcp: SocketHandle,
    bound: Option<Address>,
    /// Until then nothing is heard or sent.
    quiet_until: Duration,
}

impl Client {
    /// `hardware`: the link's address. `seed`: for the numbers of its transactions. Times are since any one moment.
    pub fn new(hardware: [u8; 6], seed: u64, now: Duration) -> Client {
        let mut link = Link::default();
        let mut config = Config::new(HardwareAddress::Ethernet(EthernetAddress(hardware)));
        config.random_seed = seed;
        let interface = Interface::new(config, &mut link, instant(now));
        let mut socket = Socket::new();
        socket.set_max_lease_duration(Some(LEASE_MAX));
        let mut sockets = SocketSet::new(Vec::new());
        let dhcp = sockets.add(socket);
        Client { link, interface, sockets, dhcp, bound: None, quiet_until: Duration::ZERO }
    }

    /// A frame came.
    pub fn receive(&mut self, frame: &[u8]) {
        self.link.put(frame);
    }

    /// Does what is due; the frames to send, and what changed.
    pub fn poll(&mut self, now: Duration) -> (Vec<Vec<u8>>, Option<Change>) {
        if now < self.quiet_until {
            self.link.forget_received();
            return (Vec::new(), None);
        }
        self.interface.poll(instant(now), &mut self.link, &mut self.sockets);
        let change = self.change(now);
        let to_send = self.link.take_to_send();
        // What a pause follows has had its answer: a new search is begun after it.
        (if now < self.quiet_until { Vec::new() } else { to_send }, change)
    }

    /// How long nothing is due, unless a frame comes.
    pub fn idle(&mut self, now: Duration) -> Duration {
        if now < self.quiet_until {
            return self.quiet_until - now;
        }
        let delay = self.interface.poll_delay(instant(now), &self.sockets);
        delay.map_or(IDLE, |d| Duration::from_micros(d.total_micros())).min(IDLE)
    }

    fn change(&mut self, now: Duration) -> Option<Change> {
        let socket = self.sockets.get_mut::<Socket>(self.dhcp);
        match socket.poll()? {
            Event::Configured(config) => {
                let (address, prefix) = (config.address.address(), config.address.prefix_len());
                match Address::new(address, prefix, config.router) {
                    Ok(address) => {
                        self.use_address(Some(address));
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
        self.quiet_until = now + PAUSE;
    }

    /// For renewals, which go to the server itself, by way of the gateway where it is in another network.
    fn use_address(&mut self, address: Option<Address>) {
        self.interface.update_ip_addrs(|addresses| {
            addresses.clear();
            // There is room: the list has just been emptied.
            let cidr = address.map(|a| IpCidr::new(a.address().into(), a.prefix()));
            addresses.extend(cidr);
        });
        self.interface.routes_mut().remove_default_ipv4_route();
        if let Some(gateway) = address.and_then(|a| a.gateway()) {
            // One route fits.
            let _ = self.interface.routes_mut().add_default_ipv4_route(gateway);
        }
    }
}

fn instant(since: Duration) -> Instant {
    Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
