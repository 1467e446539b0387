//! The client against a server, in made-up time: how it comes to an address, keeps it and loses it, and what it does not believe.

use std::time::Duration;

use networkd::{Change, Client};
use smoltcp::wire::{DhcpMessageType as Kind, Ipv4Address};

use crate::support::{HARDWARE, LEASE, Lease, Message, SERVER, arp_reply, message, reply};

/// A client, the time, and what it sent and said.
struct Bench {
    client: Client,
    now: Duration,
    sent: Vec<Message>,
    changes: Vec<Change>,
}

impl Bench {
    fn new() -> Bench {
        let client = Client::new(HARDWARE, 42, Duration::ZERO);
        Bench { client, now: Duration::ZERO, sent: Vec::new(), changes: Vec::new() }
    }

    /// Lets time pass, step by step as the client asks for it; requests for hardware addresses are answered.
    fn pass(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        // Many more than honest steps: who never waits is found.
        for _ in 0..10_000 {
            self.poll();
            let idle = self.client.idle(self.now);
            if self.now + idle > until {
                self.now = until;
                return self.poll();
            }
            self.now += idle;
        }
        panic!("it does not wait");
    }

    fn poll(&mut self) {
        let (frames, change) = self.client.poll(self.now);
        self.changes.extend(change);
        for frame in frames {
            match message(&frame) {
                Some(message) => self.sent.push(message),
                None => self.client.receive(&arp_reply(&frame).unwrap()),
            }
        }
    }

    /// The last message that it sent; the next one is a new one.
    fn last(&mut self) -> Message {
        let last = self.sent.pop().expect("it sent something");
        self.sent.clear();
        last
    }

    fn hear(&mut self, frame: &[u8]) {
        self.client.receive(frame);
        self.pass(0);
    }

    fn answer(&mut self, to: &Message, kind: Kind, lease: &Lease) {
        self.hear(&reply(kind, to.transaction, HARDWARE, lease));
    }

    /// From the first message to the server's last word.
    fn bind(&mut self, lease: &Lease) {
        self.pass(0);
        let discover = self.last();
        assert_eq!(
            (discover.kind, discover.to, discover.from),
            (Kind::Discover, Ipv4Address::BROADCAST, Ipv4Address::UNSPECIFIED)
        );
        self.answer(&discover, Kind::Offer, lease);
        let request = self.last();
        assert_eq!((request.kind, request.to), (Kind::Request, Ipv4Address::BROADCAST));
        self.answer(&request, Kind::Ack, lease);
    }

    fn bound() -> Bench {
        let mut bench = Bench::new();
        bench.bind(&LEASE);
        assert!(matches!(bench.changes.as_slice(), [Change::Bound(_)]), "{:?}", bench.changes);
        bench.changes.clear();
        bench
    }
}

#[test]
fn an_address_is_asked_for_until_there_is_one() {
    let mut bench = Bench::new();
    bench.pass(60);
    assert!(bench.sent.len() > 3 && bench.sent.iter().all(|m| m.kind == Kind::Discover), "{:?}", bench.sent);
    bench.now += Duration::from_secs(10);
    bench.bind(&LEASE);
    let [Change::Bound(address)] = bench.changes.as_slice() else { panic!("{:?}", bench.changes) };
    assert_eq!((address.to_string().as_str(), address.gateway()), ("10.0.2.15/24", Some(SERVER.into())));
}

/// RFC 2131, 4.1.
#[test]
fn waits_grow_and_differ_from_client_to_client() {
    let times = |seed| {
        let (mut client, mut now, mut times) =
            (Client::new(HARDWARE, seed, Duration::ZERO), Duration::ZERO, Vec::new());
        while now < Duration::from_secs(600) {
            if !client.poll(now).0.is_empty() {
                times.push(now);
            }
            now += client.idle(now).max(Duration::from_millis(1));
        }
        times
    };
    let waits = |times: &[Duration]| times.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>();
    let (one, other) = (waits(&times(1)), waits(&times(2)));
    assert_ne!(one, other);
    for (index, wait) in one.iter().chain(&other).enumerate() {
        let expected = [4, 8, 16, 32][(index % one.len()).min(3)];
        let near = Duration::from_secs(expected - 1)..=Duration::from_millis(expected * 1000 + 1010);
        assert!(near.contains(wait), "wait {index}: {wait:?}, not {expected} s");
    }
}

#[test]
fn time_servers_come_with_the_lease_and_go_with_it() {
    const SERVERS: [Ipv4Address; 3] =
        [Ipv4Address::new(10, 0, 2, 3), Ipv4Address::new(224, 0, 1, 1), Ipv4Address::new(10, 0, 2, 4)];
    let mut bench = Bench::new();
    bench.bind(&Lease { time_servers: &SERVERS, ..LEASE });
    assert_eq!(bench.client.time_servers(), [SERVERS[0], SERVERS[2]], "those that are hosts");
    bench.pass(501);
    let renewal = bench.last();
    bench.answer(&renewal, Kind::Nak, &LEASE);
    assert!(bench.client.time_servers().is_empty());
    const MANY: [Ipv4Address; 9] = [Ipv4Address::new(10, 0, 2, 3); 9];
    let mut bench = Bench::new();
    bench.bind(&Lease { time_servers: &MANY, ..LEASE });
    assert_eq!(bench.client.time_servers().len(), 4);
}

#[test]
fn a_lease_is_renewed_at_its_server_at_half_of_its_time_and_stays() {
    let mut bench = Bench::bound();
    bench.pass(499);
    assert!(bench.sent.is_empty(), "{:?}", bench.sent);
    bench.pass(2);
    let renewal = bench.last();
    assert_eq!((renewal.kind, renewal.to, renewal.from), (Kind::Request, SERVER, LEASE.address));
    bench.answer(&renewal, Kind::Ack, &LEASE);
    bench.pass(490);
    assert!(bench.sent.is_empty() && bench.changes.is_empty(), "{:?} {:?}", bench.sent, bench.changes);
}

#[test]
fn without_its_server_anyone_is_asked_and_in_the_end_the_address_is_given_up() {
    let mut bench = Bench::bound();
    bench.pass(890);
    let rebinding = bench.last();
    assert_eq!((rebinding.kind, rebinding.to), (Kind::Request, Ipv4Address::BROADCAST));
    bench.pass(105);
    assert!(bench.changes.is_empty(), "{:?}", bench.changes);
    bench.pass(10);
    assert_eq!(bench.changes, [Change::Lost]);
    bench.sent.clear();
    bench.pass(20);
    assert_eq!(bench.last().kind, Kind::Discover);
}

#[test]
fn a_server_may_take_an_address_back() {
    let mut bench = Bench::bound();
    bench.pass(501);
    let renewal = bench.last();
    bench.answer(&renewal, Kind::Nak, &LEASE);
    assert_eq!(bench.changes, [Change::Lost]);
    // Not at once: a server that says yes and no in turn is heard every ten seconds.
    bench.pass(9);
    assert!(bench.sent.is_empty(), "{:?}", bench.sent);
    bench.pass(2);
    assert_eq!(bench.last().kind, Kind::Discover);
}

#[test]
fn another_address_at_a_renewal_is_told() {
    let mut bench = Bench::bound();
    bench.pass(501);
    let renewal = bench.last();
    bench.answer(&renewal, Kind::Ack, &Lease { address: Ipv4Address::new(10, 0, 2, 77), ..LEASE });
    let [Change::Bound(address)] = bench.changes.as_slice() else { panic!("{:?}", bench.changes) };
    assert_eq!(address.to_string(), "10.0.2.77/24");
}

#[test]
fn an_answer_to_somebody_else_is_none() {
    let mut bench = Bench::new();
    bench.pass(0);
    let discover = bench.last();
    bench.hear(&reply(Kind::Offer, discover.transaction ^ 1, HARDWARE, &LEASE));
    bench.hear(&reply(Kind::Offer, discover.transaction, [2; 6], &LEASE));
    // No acknowledgement without a request, no refusal either.
    bench.hear(&reply(Kind::Ack, discover.transaction, HARDWARE, &LEASE));
    bench.hear(&reply(Kind::Nak, discover.transaction, HARDWARE, &LEASE));
    assert!(bench.sent.is_empty() && bench.changes.is_empty(), "{:?} {:?}", bench.sent, bench.changes);
    bench.answer(&discover, Kind::Offer, &LEASE);
    assert_eq!(bench.last().kind, Kind::Request);
}

#[test]
fn a_lease_that_no_host_can_have_is_refused_with_a_reason() {
    let cases = [
        ("an own network's address", Lease { address: Ipv4Address::new(10, 0, 2, 0), ..LEASE }),
        ("all of the network", Lease { address: Ipv4Address::new(10, 0, 2, 255), ..LEASE }),
        ("a gateway elsewhere", Lease { router: Some(Ipv4Address::new(192, 0, 2, 1)), ..LEASE }),
        ("itself the gateway", Lease { router: Some(LEASE.address), ..LEASE }),
        ("a gateway of many", Lease { router: Some(Ipv4Address::new(224, 0, 0, 1)), ..LEASE }),
        ("loopback", Lease { address: Ipv4Address::new(127, 0, 0, 1), router: None, ..LEASE }),
        ("no network", Lease { mask: Ipv4Address::new(0, 0, 0, 0), router: None, ..LEASE }),
    ];
    for (name, lease) in cases {
        let mut bench = Bench::new();
        bench.bind(&lease);
        assert!(matches!(bench.changes.as_slice(), [Change::Refused(_)]), "{name}: {:?}", bench.changes);
        bench.sent.clear();
        bench.pass(9);
        assert!(bench.sent.is_empty(), "{name}: {:?}", bench.sent);
        bench.changes.clear();
        bench.pass(2);
        bench.bind_again();
    }
}

impl Bench {
    fn bind_again(&mut self) {
        let discover = self.last();
        self.answer(&discover, Kind::Offer, &LEASE);
        let request = self.last();
        self.answer(&request, Kind::Ack, &LEASE);
        assert!(matches!(self.changes.as_slice(), [Change::Bound(_)]), "{:?}", self.changes);
    }
}

/// A class of address, or a mask with holes, of which the codec itself makes nothing.
#[test]
fn what_is_no_address_at_all_is_not_even_a_lease() {
    let addresses =
        [Ipv4Address::new(0, 0, 0, 0), Ipv4Address::new(224, 0, 0, 5), Ipv4Address::new(255, 255, 255, 255)];
    let mut leases: Vec<Lease> = addresses.map(|address| Lease { address, router: None, ..LEASE }).to_vec();
    leases.push(Lease { mask: Ipv4Address::new(255, 0, 255, 0), ..LEASE });
    for lease in leases {
        let mut bench = Bench::new();
        bench.pass(0);
        let discover = bench.last();
        bench.answer(&discover, Kind::Offer, &LEASE);
        let request = bench.last();
        bench.answer(&request, Kind::Ack, &lease);
        assert!(!bench.changes.iter().any(|c| matches!(c, Change::Bound(_))), "{:?}", bench.changes);
    }
}

#[test]
fn a_frame_cut_anywhere_or_changed_anywhere_is_survived() {
    let mut bench = Bench::new();
    bench.pass(0);
    let discover = bench.last();
    let whole = reply(Kind::Offer, discover.transaction, HARDWARE, &LEASE);
    for length in 0..whole.len() {
        bench.hear(&whole[..length]);
    }
    assert!(bench.sent.is_empty(), "{:?}", bench.sent);
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0xff;
        Bench::bound().hear(&changed);
    }
    bench.hear(&[0xff; 4096]);
    bench.answer(&discover, Kind::Offer, &LEASE);
    assert_eq!(bench.last().kind, Kind::Request);
}

#[test]
fn a_lease_of_no_time_and_one_for_ever_are_survived() {
    let mut bench = Bench::new();
    bench.bind(&Lease { seconds: 0, ..LEASE });
    bench.pass(300);
    // It came and went; each time there was a pause.
    assert!(bench.sent.len() < 100, "{}", bench.sent.len());
    let mut bench = Bench::new();
    bench.bind(&Lease { seconds: u32::MAX, ..LEASE });
    bench.changes.clear();
    bench.pass(24 * 3600 + 1);
    assert_eq!(bench.last().kind, Kind::Request, "it is renewed once a day");
}

#[test]
fn a_flood_is_not_kept() {
    let mut bench = Bench::new();
    bench.pass(0);
    let discover = bench.last();
    let foreign = reply(Kind::Offer, discover.transaction, [2; 6], &LEASE);
    for _ in 0..100 {
        bench.client.receive(&foreign);
    }
    // What came after the first few is forgotten, and the client goes on.
    bench.pass(0);
    bench.answer(&discover, Kind::Offer, &LEASE);
    assert_eq!(bench.last().kind, Kind::Request);
}
