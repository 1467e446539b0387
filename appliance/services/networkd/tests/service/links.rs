//! Several links at once: each is searched for a server, keeps what it has, and says so once and then rarely.

use std::collections::BTreeMap;
use std::time::Duration;

use ipc::control::{Link, LinkName, LinkReport, Report, Vlan};
use networkd::settings::{Settings, parse};
use networkd::{Action, Clock, Network};
use smoltcp::wire::{DhcpMessageType as Kind, Ipv4Address};

use crate::support::{HARDWARE, LEASE, Lease, arp_reply, claim, message, probed, reply};

/// The service, the time, a server on some of the links, and what it said.
struct Bench {
    network: Network,
    now: Duration,
    servers: BTreeMap<String, Lease>,
    reports: Vec<LinkReport>,
    sent: BTreeMap<String, usize>,
    /// Addresses that other hosts have.
    taken: Vec<Ipv4Address>,
    declined: usize,
}

fn name(text: &str) -> LinkName {
    LinkName::new("link", text).unwrap()
}

fn link(text: &str, carrier: bool) -> Link {
    Link { name: name(text), hardware: HARDWARE, carrier, vlan: None }
}

fn words(report: &LinkReport) -> String {
    let addresses: Vec<String> =
        report.addresses.as_slice().iter().map(|given| format!("{} {:?}", given.address, given.by)).collect();
    format!("{} [{}] {:?}", report.link, addresses.join(", "), report.dhcp)
}

impl Bench {
    fn new(settings: Settings) -> Bench {
        let mut number = 0;
        let random = move || {
            number += 1;
            number
        };
        let network = Network::new(settings, Box::new(random));
        let (servers, reports, sent) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        Bench { network, now: Duration::ZERO, servers, reports, sent, taken: Vec::new(), declined: 0 }
    }

    fn with(file: &str) -> Bench {
        Bench::new(parse(file.as_bytes()).unwrap())
    }

    fn link(&mut self, name: &str, carrier: bool) {
        assert!(self.network.link(link(name, carrier), self.now));
    }

    fn pass(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        for _ in 0..100_000 {
            self.poll();
            let idle = self.network.idle(self.now);
            if self.now + idle > until {
                self.now = until;
                return self.poll();
            }
            self.now += idle;
        }
        panic!("it does not wait");
    }

    /// What comes is looked at at once, as long as something comes.
    fn poll(&mut self) {
        for _ in 0..10 {
            let actions = self.network.poll(Clock { now: self.now, unix: Duration::ZERO });
            if actions.is_empty() {
                return;
            }
            for action in actions {
                match action {
                    Action::Report(Report::Link(report)) => self.reports.push(report),
                    Action::Send { link, frame } => self.serve(&link, &frame),
                    other => panic!("{other:?}"),
                }
            }
        }
        panic!("it does not come to rest");
    }

    /// As the server on this link does, if there is one, and the other hosts.
    fn serve(&mut self, link: &LinkName, frame: &[u8]) {
        if let Some(address) = probed(frame) {
            if self.taken.contains(&address) {
                self.network.receive(link, &claim(address), self.now);
            }
            return;
        }
        *self.sent.entry(link.to_string()).or_default() += 1;
        let Some(lease) = self.servers.get(link.as_str()) else { return };
        let answer = match message(frame) {
            Some(asked) if asked.kind == Kind::Decline => return self.declined += 1,
            Some(asked) if asked.kind == Kind::Discover => reply(Kind::Offer, asked.transaction, HARDWARE, lease),
            Some(asked) => reply(Kind::Ack, asked.transaction, HARDWARE, lease),
            None => arp_reply(frame).unwrap(),
        };
        self.network.receive(link, &answer, self.now);
    }

    fn said(&mut self) -> Vec<String> {
        self.reports.drain(..).map(|report| words(&report)).collect()
    }
}

const OTHER: Lease = Lease { address: Ipv4Address::new(192, 0, 2, 9), router: None, ..LEASE };

#[test]
fn every_link_gets_an_address_of_its_own() {
    let mut bench = Bench::new(Settings::default());
    bench.servers.extend([("eth0".into(), LEASE), ("eth2".into(), OTHER)]);
    for name in ["eth0", "eth1", "eth2"] {
        bench.link(name, true);
    }
    bench.pass(20);
    assert_eq!(bench.said(), ["eth0 [10.0.2.15/24 Dhcp] Bound", "eth2 [192.0.2.9/24 Dhcp] Bound"]);
    bench.pass(15);
    assert_eq!(bench.said(), ["eth1 [] Searching { seconds: 30, lost: false }"]);
}

#[test]
fn a_search_is_told_of_once_and_then_rarely_and_goes_on() {
    let mut bench = Bench::new(Settings::default());
    bench.link("eth0", true);
    bench.pass(24 * 3600);
    let said = bench.said();
    assert!(
        said[0].contains("seconds: 30,") && said[1].contains("seconds: 300,") && said[2].contains("seconds: 1800,")
    );
    assert!((20..=27).contains(&said.len()), "{}", said.len());
    assert!(bench.sent["eth0"] > 2000, "it goes on: {:?}", bench.sent);
    bench.servers.insert("eth0".into(), LEASE);
    bench.pass(40);
    assert_eq!(bench.said(), ["eth0 [10.0.2.15/24 Dhcp] Bound"]);
}

#[test]
fn without_a_carrier_nothing_is_told_and_a_carrier_begins_the_search_anew() {
    let mut bench = Bench::new(Settings::default());
    bench.link("eth0", false);
    bench.pass(4000);
    assert!(bench.said().is_empty());
    bench.servers.insert("eth0".into(), LEASE);
    bench.network.carrier(&name("eth0"), true, bench.now);
    bench.pass(1);
    assert_eq!(bench.said(), ["eth0 [10.0.2.15/24 Dhcp] Bound"]);
}

#[test]
fn a_cable_that_comes_back_may_lead_to_another_network() {
    let mut bench = Bench::new(Settings::default());
    bench.servers.insert("eth0".into(), LEASE);
    bench.link("eth0", true);
    bench.pass(1);
    bench.said();
    let replug = |bench: &mut Bench| {
        bench.network.carrier(&name("eth0"), false, bench.now);
        bench.pass(5);
        bench.network.carrier(&name("eth0"), true, bench.now);
    };
    // The same network: the address stays, and nobody loses a connection.
    replug(&mut bench);
    bench.pass(10);
    assert_eq!(bench.said(), ["eth0 [10.0.2.15/24 Dhcp] Bound"]);
    // Another one.
    bench.servers.insert("eth0".into(), OTHER);
    replug(&mut bench);
    bench.pass(1);
    assert_eq!(bench.said(), ["eth0 [192.0.2.9/24 Dhcp] Bound"]);
    // One without a server: what was leased holds until it ends.
    bench.servers.clear();
    replug(&mut bench);
    bench.pass(900);
    assert!(bench.said().is_empty());
    bench.pass(200);
    let said = bench.said();
    assert_eq!(said[0], "eth0 [] Searching { seconds: 0, lost: true }");
    assert!(said[1].contains("seconds: 30, lost: true"), "{said:?}");
    bench.servers.insert("eth0".into(), LEASE);
    bench.pass(60);
    assert_eq!(bench.said().last().unwrap(), "eth0 [10.0.2.15/24 Dhcp] Bound");
}

#[test]
fn a_lease_that_ends_and_is_then_refused_is_told_and_the_search_goes_on() {
    let mut bench = Bench::new(Settings::default());
    bench.servers.insert("eth0".into(), LEASE);
    bench.link("eth0", true);
    bench.pass(1);
    bench.servers.insert("eth0".into(), Lease { address: Ipv4Address::new(127, 0, 0, 1), router: None, ..LEASE });
    bench.said();
    // Renewed with an address that is none.
    bench.pass(700);
    let said = bench.said();
    assert!(said[0].starts_with("eth0 [] Refused { why: \"127.0.0.1/24: 127.0.0.1 is no host's address"), "{said:?}");
    assert!(said.len() < 80, "every ten seconds at most: {}", said.len());
    bench.servers.insert("eth0".into(), LEASE);
    bench.pass(60);
    assert_eq!(bench.said().last().unwrap(), "eth0 [10.0.2.15/24 Dhcp] Bound");
}

#[test]
fn a_link_that_is_gone_is_forgotten_and_comes_back_as_a_new_one() {
    let mut bench = Bench::new(Settings::default());
    bench.servers.insert("eth0".into(), LEASE);
    bench.link("eth0", true);
    bench.pass(1);
    bench.said();
    bench.network.gone(&name("eth0"));
    bench.network.receive(&name("eth0"), &[0; 60], bench.now);
    bench.network.carrier(&name("eth0"), true, bench.now);
    bench.pass(2000);
    assert!(bench.said().is_empty());
    bench.link("eth0", true);
    bench.pass(1);
    assert_eq!(bench.said(), ["eth0 [10.0.2.15/24 Dhcp] Bound"]);
    let many = (0..100).filter(|n| bench.network.link(link(&format!("eth{n}"), true), bench.now)).count();
    assert_eq!(many, 32, "there is a bound");
}

#[test]
fn a_file_gives_links_their_addresses_and_vlans_at_once() {
    let mut bench = Bench::with(
        r#"{"format":2,"links":[{"link":"eth0","addresses":["192.0.2.7/24","2001:db8::7/64"],"gateways":["fe80::1"]},
           {"link":"eth1","vlan":7,"addresses":["198.51.100.7/24"]},{"link":"eth1","vlan":8}]}"#,
    );
    bench.link("eth0", true);
    bench.link("eth1", true);
    bench.pass(600);
    let vlans: Vec<u16> = bench.reports[1].vlans.as_slice().iter().map(|id| u16::from(*id)).collect();
    assert_eq!(vlans, [7, 8]);
    assert_eq!(bench.said(), ["eth0 [192.0.2.7/24 File, 2001:db8::7/64 File] Off", "eth1 [] Off"]);
    assert!(bench.sent.is_empty(), "nobody is asked");
    // The supervisor made them.
    for id in [7, 8] {
        let vlan = Some(Vlan { parent: name("eth1"), id: id.try_into().unwrap() });
        assert!(bench.network.link(Link { vlan, ..link(&format!("eth1.{id}"), true) }, bench.now));
    }
    bench.servers.insert("eth1.8".into(), LEASE);
    bench.pass(1);
    assert_eq!(bench.said(), ["eth1.7 [198.51.100.7/24 File] Off", "eth1.8 [10.0.2.15/24 Dhcp] Bound"]);
}

#[test]
fn beside_a_lease_there_may_be_addresses_by_the_file() {
    let mut bench = Bench::with(r#"{"format":2,"links":[{"link":"eth0","dhcp":true,"addresses":["192.0.2.7/24"]}]}"#);
    bench.link("eth0", true);
    bench.pass(1);
    assert_eq!(bench.said(), ["eth0 [192.0.2.7/24 File] Searching { seconds: 0, lost: false }"]);
    bench.servers.insert("eth0".into(), LEASE);
    bench.pass(60);
    assert_eq!(bench.said().last().unwrap(), "eth0 [192.0.2.7/24 File, 10.0.2.15/24 Dhcp] Bound");
}

#[test]
fn format_1_is_of_the_first_card() {
    let mut bench = Bench::with(r#"{"format":1,"address":"192.0.2.7","prefix":24}"#);
    bench.servers.insert("eth1".into(), LEASE);
    bench.link("eth0", true);
    bench.link("eth1", true);
    bench.pass(1);
    assert_eq!(bench.said(), ["eth0 [192.0.2.7/24 File] Off", "eth1 [10.0.2.15/24 Dhcp] Bound"]);
}

#[test]
fn a_lease_whose_address_another_host_has_is_given_back_and_another_one_is_taken() {
    let mut bench = Bench::new(Settings::default());
    bench.servers.insert("eth0".into(), LEASE);
    bench.taken = vec![LEASE.address];
    bench.link("eth0", true);
    bench.pass(5);
    let refused = r#"eth0 [] Refused { why: "10.0.2.15: another host has it" }"#;
    assert_eq!(bench.said(), ["eth0 [10.0.2.15/24 Dhcp] Bound", refused]);
    assert_eq!(bench.declined, 1);
    bench.servers.insert("eth0".into(), Lease { address: Ipv4Address::new(10, 0, 2, 16), ..LEASE });
    bench.pass(30);
    assert_eq!(bench.said(), ["eth0 [10.0.2.16/24 Dhcp] Bound"]);
    // What others have is none of ours any more.
    bench.network.receive(&name("eth0"), &claim(LEASE.address), bench.now);
    bench.pass(5);
    assert!(bench.said().is_empty() && bench.declined == 1);
}

#[test]
fn a_fixed_address_that_another_host_has_too_is_told_until_it_has_it_no_more() {
    let mut bench = Bench::with(r#"{"format":2,"links":[{"link":"eth0","addresses":["192.0.2.7/24"]}]}"#);
    bench.taken = vec![Ipv4Address::new(192, 0, 2, 7)];
    bench.link("eth0", true);
    let taken = |bench: &mut Bench| bench.reports.drain(..).map(|r| r.taken.as_slice().len()).collect::<Vec<_>>();
    bench.pass(1000);
    assert_eq!(taken(&mut bench), [0, 1], "once");
    bench.taken.clear();
    bench.pass(1000);
    assert_eq!(taken(&mut bench), [0]);
}
