//! One link: what it is to have, and how its search for an address stands.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use ipc::List;
use ipc::control::{Address, By, Dhcp, Given, Line, Link, LinkReport};

use crate::client::{Change, Client};
use crate::conflict::Prober;
use crate::settings::Plan;

/// A search that finds nothing is told of after so many seconds, and then every so often.
const TOLD: [u64; 3] = [30, 300, 1800];
const TOLD_EVERY: u64 = 3600;

pub(crate) struct Port {
    link: Link,
    plan: Plan,
    /// Where the plan is to ask.
    client: Option<Client>,
    /// The cable was out while there was a lease: it may be another network now. The old lease holds until this one has found another,
    /// or until it ends.
    successor: Option<Client>,
    lease: Option<Address>,
    prober: Prober,
    /// Frames that are due beside those of the clients.
    to_send: Vec<Vec<u8>>,
    dhcp: Dhcp,
    searching_since: Duration,
    /// How often a search was told of.
    told: usize,
    due: bool,
}

impl Port {
    pub(crate) fn new(link: Link, plan: Plan, seed: u64, now: Duration) -> Port {
        let client = plan.dhcp.then(|| Client::new(link.hardware, seed, now));
        let dhcp = if plan.dhcp { Dhcp::Searching { seconds: 0, lost: false } } else { Dhcp::Off };
        // A search that has only begun says nothing: the link may still have what this service's last run gave it.
        let due = !plan.dhcp || !plan.addresses.is_empty() || !plan.vlans.is_empty();
        let mut prober = Prober::new(link.hardware);
        prober.watch(&fixed(&plan), now);
        Port {
            link,
            plan,
            client,
            successor: None,
            lease: None,
            prober,
            to_send: Vec::new(),
            dhcp,
            searching_since: now,
            told: 0,
            due,
        }
    }

    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    pub(crate) fn carrier(&mut self, up: bool, seed: u64, now: Duration) {
        let comes = up && !self.link.carrier;
        self.link.carrier = up;
        if !comes {
            return;
        }
        self.prober.begin_again(now);
        if self.client.is_none() {
            return;
        }
        let fresh = Client::new(self.link.hardware, seed, now);
        if self.lease.is_some() {
            self.successor = Some(fresh);
        } else {
            self.client = Some(fresh);
            self.search(now, false);
        }
    }

    pub(crate) fn receive(&mut self, frame: &[u8], now: Duration) {
        if let Some(taken) = self.prober.hear(frame, now) {
            self.another_has(taken, now);
        }
        self.client.iter_mut().chain(&mut self.successor).for_each(|client| client.receive(frame));
    }

    /// What the server of the lease says of time servers.
    pub(crate) fn time_servers(&self) -> &[Ipv4Addr] {
        self.client.as_ref().filter(|_| self.lease.is_some()).map_or(&[], Client::time_servers)
    }

    /// Does what is due; the frames to send, and what to tell.
    pub(crate) fn poll(&mut self, now: Duration) -> (Vec<Vec<u8>>, Option<LinkReport>) {
        let mut frames = std::mem::take(&mut self.to_send);
        if let Some(client) = &mut self.successor {
            let (sent, change) = client.poll(now);
            frames.extend(sent);
            if let Some(Change::Bound(address)) = change {
                self.client = self.successor.take();
                self.bind(address, now);
            }
        }
        if let Some(client) = &mut self.client {
            let (sent, change) = client.poll(now);
            frames.extend(sent);
            match change {
                Some(Change::Bound(address)) => self.bind(address, now),
                Some(Change::Lost) => {
                    self.lose(now);
                    if let Some(successor) = self.successor.take() {
                        self.client = Some(successor);
                    }
                    self.search(now, true);
                    self.due = true;
                }
                Some(Change::Refused(why)) => {
                    self.lose(now);
                    self.dhcp = Dhcp::Refused { why: Line::shortened(&why) };
                    self.due = true;
                }
                None => {}
            }
        }
        let (questions, freed) = self.prober.poll(now);
        frames.extend(questions);
        self.due |= freed;
        self.tell_of_search(now);
        (frames, std::mem::take(&mut self.due).then(|| self.report()))
    }

    /// How long nothing is due, unless a frame comes.
    pub(crate) fn idle(&mut self, now: Duration) -> Duration {
        let telling = self.is_searching().then(|| self.telling_at().saturating_sub(now));
        let clients = self.client.iter_mut().chain(&mut self.successor).map(|client| client.idle(now));
        clients.chain(telling).chain([self.prober.idle(now)]).min().unwrap_or(Duration::MAX)
    }

    /// A lease goes back to its server; what is fixed stays, and is told of.
    fn another_has(&mut self, taken: Ipv4Addr, now: Duration) {
        self.due = true;
        if self.lease.is_none_or(|lease| lease.address() != IpAddr::V4(taken)) {
            return;
        }
        self.to_send.extend(self.client.as_mut().and_then(|client| client.decline(now)));
        self.lose(now);
        self.search(now, false);
        self.dhcp = Dhcp::Refused { why: Line::shortened(&format!("{taken}: another host has it")) };
    }

    fn lose(&mut self, now: Duration) {
        self.lease = None;
        self.prober.watch(&fixed(&self.plan), now);
    }

    fn bind(&mut self, address: Address, now: Duration) {
        self.successor = None;
        self.lease = Some(address);
        let all: Vec<Ipv4Addr> = fixed(&self.plan).into_iter().chain(v4(&address)).collect();
        self.prober.watch(&all, now);
        self.dhcp = Dhcp::Bound;
        self.due = true;
    }

    fn search(&mut self, now: Duration, lost: bool) {
        self.dhcp = Dhcp::Searching { seconds: 0, lost };
        (self.searching_since, self.told) = (now, 0);
    }

    fn is_searching(&self) -> bool {
        self.link.carrier && self.client.is_some() && self.lease.is_none()
    }

    fn telling_at(&self) -> Duration {
        let beyond = self.told.saturating_sub(TOLD.len() - 1) as u64;
        let seconds = TOLD.get(self.told).copied().unwrap_or(TOLD[TOLD.len() - 1] + beyond * TOLD_EVERY);
        self.searching_since + Duration::from_secs(seconds)
    }

    /// Once, and then rarely.
    fn tell_of_search(&mut self, now: Duration) {
        if !self.is_searching() || now < self.telling_at() {
            return;
        }
        self.told += 1;
        self.due = true;
        let waited = u32::try_from((now - self.searching_since).as_secs()).unwrap_or(u32::MAX);
        // What was refused stays the better reason.
        if let Dhcp::Searching { seconds, .. } = &mut self.dhcp {
            *seconds = waited;
        }
    }

    fn report(&self) -> LinkReport {
        let fixed = self.plan.addresses.iter().map(|address| Given { address: *address, by: By::File });
        let leased = self.lease.map(|address| Given { address, by: By::Dhcp });
        LinkReport {
            link: self.link.name.clone(),
            // The settings leave room for a lease.
            addresses: List::new("addresses", fixed.chain(leased).collect()).unwrap_or_default(),
            taken: List::new("addresses", self.prober.taken().map(IpAddr::V4).collect()).unwrap_or_default(),
            vlans: List::new("VLANs", self.plan.vlans.clone()).unwrap_or_default(),
            dhcp: self.dhcp.clone(),
        }
    }
}

/// Of IPv4: of IPv6 the kernel asks itself.
fn fixed(plan: &Plan) -> Vec<Ipv4Addr> {
    plan.addresses.iter().filter_map(v4).collect()
}

fn v4(address: &Address) -> Option<Ipv4Addr> {
    if let IpAddr::V4(v4) = address.address() { Some(v4) } else { None }
}
