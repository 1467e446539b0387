//! Time servers that are right, silent, wrong, late, or not the ones that were asked.

use std::net::IpAddr;
use std::time::Duration;

use ipc::control::{Report, TimeReport};
use networkd::settings::parse;
use networkd::{Action, Clock, Network};

/// Seconds from 1900 to 1970.
const ERA: u64 = 2_208_988_800;
/// What is true when the bench begins: in 2026.
const TRUE: u64 = 1_795_000_000;

struct Bench {
    network: Network,
    now: Duration,
    asked: Vec<(IpAddr, Vec<u8>)>,
    said: Vec<Report>,
}

fn server(number: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, number])
}

/// What a server says: by how much it is wrong, and the rest of what it may get wrong.
#[derive(Clone, Copy)]
struct Says {
    ahead: i64,
    stratum: u8,
    leap: u8,
    mode: u8,
    root_delay: u32,
}

const RIGHT: Says = Says { ahead: 0, stratum: 2, leap: 0, mode: 4, root_delay: 6553 };

impl Bench {
    fn new(servers: u8) -> Bench {
        let list: Vec<String> = (1..=servers).map(|n| format!("\"{}\"", server(n))).collect();
        let text = format!(r#"{{"format":2,"time-servers":[{}]}}"#, list.join(","));
        let mut number = 0x0123_4567_89ab_cdefu64;
        let random = move || {
            number = number.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            number
        };
        let network = Network::new(parse(text.as_bytes()).unwrap(), Box::new(random));
        Bench { network, now: Duration::from_secs(100), asked: Vec::new(), said: Vec::new() }
    }

    /// The box's own clock is far off.
    fn clock(&self) -> Clock {
        Clock { now: self.now, unix: Duration::from_secs(1_000_000) }
    }

    fn pass(&mut self, milliseconds: u64) {
        let until = self.now + Duration::from_millis(milliseconds);
        for _ in 0..10_000 {
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

    fn poll(&mut self) {
        for action in self.network.poll(self.clock()) {
            match action {
                Action::Ask { server, request } => self.asked.push((server, request)),
                Action::Report(report) => self.said.push(report),
                other => panic!("{other:?}"),
            }
        }
    }

    /// The answer of a server that says this to a question.
    fn answer(&self, request: &[u8], says: Says) -> Vec<u8> {
        let seconds = (TRUE + ERA + self.now.as_secs() - 100).wrapping_add_signed(says.ahead) as u32;
        let mut packet = vec![0; 48];
        packet[0] = says.leap << 6 | 4 << 3 | says.mode;
        (packet[1], packet[2], packet[3]) = (says.stratum, 6, 0xec);
        packet[4..8].copy_from_slice(&says.root_delay.to_be_bytes());
        packet[12..16].copy_from_slice(b"GPS\0");
        packet[16..20].copy_from_slice(&(seconds - 10).to_be_bytes());
        packet[24..32].copy_from_slice(&request[40..48]);
        packet[32..36].copy_from_slice(&seconds.to_be_bytes());
        packet[40..44].copy_from_slice(&seconds.to_be_bytes());
        packet
    }

    /// Each server that was asked answers after so long; `None`: it does not.
    fn round(&mut self, after: u64, says: &[Option<Says>]) {
        self.pass(0);
        let asked = std::mem::take(&mut self.asked);
        self.now += Duration::from_millis(after);
        for ((from, request), says) in asked.iter().zip(says) {
            if let Some(says) = says {
                let answer = self.answer(request, *says);
                self.network.answer(*from, &answer, self.clock());
            }
        }
        self.pass(6000);
    }

    fn time(&mut self) -> TimeReport {
        match self.said.drain(..).collect::<Vec<_>>().as_slice() {
            [Report::Time(time)] => *time,
            other => panic!("{other:?}"),
        }
    }

    fn no_time(&mut self) -> String {
        match self.said.drain(..).collect::<Vec<_>>().as_slice() {
            [Report::NoTime(why)] => why.to_string(),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_server_that_is_right_is_believed_and_asked_again_seldom() {
    let mut bench = Bench::new(1);
    bench.round(200, &[Some(RIGHT)]);
    let time = bench.time();
    assert_eq!((time.unix_ms, time.at_ms), ((TRUE) * 1000 + 100, 100_200), "half of the way");
    assert!((149..=151).contains(&time.error_ms), "{}", time.error_ms);
    assert_eq!((time.server, time.agreed), (server(1), 1));
    bench.pass(1000 * 1000);
    assert!(bench.asked.is_empty() && bench.said.is_empty());
    bench.pass(30 * 1000);
    assert_eq!(bench.asked.len(), 1);
}

#[test]
fn the_question_tells_nothing_of_the_box() {
    let mut bench = Bench::new(2);
    bench.pass(0);
    let (one, other) = (&bench.asked[0].1, &bench.asked[1].1);
    assert_eq!(one.len(), 48);
    assert_eq!(one[..40], other[..40]);
    assert!(one[1..40].iter().all(|byte| *byte == 0) || one[4..40].iter().all(|byte| *byte == 0), "{one:?}");
    assert_ne!(one[40..], other[40..], "what an answer is known by");
}

#[test]
fn a_server_that_is_silent_is_said_once_and_asked_again() {
    let mut bench = Bench::new(1);
    bench.pass(3600 * 1000);
    assert_eq!(bench.no_time(), "192.0.2.1 does not answer");
    assert!((8..20).contains(&bench.asked.len()), "{}", bench.asked.len());
    bench.asked.clear();
    bench.pass(1100 * 1000);
    let (from, request) = bench.asked.pop().unwrap();
    // Too late for its question: the next one has been asked, or none is open.
    let late = bench.answer(&request, RIGHT);
    bench.pass(10 * 1000);
    bench.network.answer(from, &late, bench.clock());
    bench.pass(0);
    assert!(bench.said.is_empty());
}

#[test]
fn what_a_stranger_makes_up_is_no_answer() {
    let mut bench = Bench::new(1);
    bench.pass(0);
    let (from, request) = bench.asked.pop().unwrap();
    let good = bench.answer(&request, RIGHT);
    for at in 24..32 {
        let mut forged = good.clone();
        forged[at] ^= 1;
        bench.network.answer(from, &forged, bench.clock());
    }
    for length in 0..48 {
        bench.network.answer(from, &good[..length], bench.clock());
    }
    bench.network.answer(server(9), &good, bench.clock());
    bench.pass(100);
    assert!(bench.said.is_empty(), "{:?}", bench.said);
    // The true one still counts, and so it does with more behind it; once.
    let mut longer = good.clone();
    longer.extend([0; 20]);
    bench.network.answer(from, &longer, bench.clock());
    bench.network.answer(from, &good, bench.clock());
    bench.pass(0);
    assert_eq!(bench.time().server, server(1));
}

#[test]
fn a_server_that_is_not_fit_is_not_believed() {
    let cases = [
        (Says { leap: 3, ..RIGHT }, "its own clock is not set"),
        (Says { stratum: 16, ..RIGHT }, "does not hold together"),
        (Says { mode: 5, ..RIGHT }, "does not hold together"),
        (Says { root_delay: 4 << 16, ..RIGHT }, "too far from a true clock"),
        (Says { stratum: 0, ..RIGHT }, "wants to be left alone"),
    ];
    for (says, why) in cases {
        let mut bench = Bench::new(1);
        bench.round(10, &[Some(says)]);
        let said = bench.no_time();
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn one_that_wants_to_be_left_alone_is_for_an_hour() {
    let mut bench = Bench::new(2);
    bench.round(10, &[Some(Says { stratum: 0, ..RIGHT }), Some(RIGHT)]);
    assert_eq!(bench.time().server, server(2));
    bench.asked.clear();
    bench.pass(3000 * 1000);
    assert!(bench.asked.iter().all(|(asked, _)| *asked == server(2)), "{:?}", bench.asked);
    bench.pass(1700 * 1000);
    assert!(bench.asked.iter().any(|(asked, _)| *asked == server(1)));
}

#[test]
fn one_liar_among_three_is_outvoted_and_two_that_differ_are_not_believed() {
    let liar = Says { ahead: 86_400 * 365, ..RIGHT };
    let mut bench = Bench::new(3);
    bench.round(10, &[Some(RIGHT), Some(liar), Some(RIGHT)]);
    let time = bench.time();
    assert_eq!((time.unix_ms / 1000, time.agreed), (TRUE, 2));
    let mut bench = Bench::new(2);
    bench.round(10, &[Some(RIGHT), Some(liar)]);
    assert_eq!(bench.no_time(), "time servers do not agree: 192.0.2.1, 192.0.2.2");
    let mut bench = Bench::new(2);
    bench.round(10, &[Some(RIGHT), None]);
    assert_eq!(bench.time().agreed, 1, "the one that answers");
}

#[test]
fn any_bytes_are_survived() {
    let mut bench = Bench::new(1);
    bench.pass(0);
    let (from, request) = bench.asked.pop().unwrap();
    let good = bench.answer(&request, RIGHT);
    for at in (0..24).chain(32..48) {
        let mut bench = Bench::new(1);
        bench.pass(0);
        let (from, request) = bench.asked.pop().unwrap();
        let mut changed = bench.answer(&request, RIGHT);
        changed[at] ^= 0xff;
        bench.network.answer(from, &changed, bench.clock());
        bench.pass(10_000);
    }
    bench.network.answer(from, &good, bench.clock());
    bench.pass(0);
    assert_eq!(bench.said.len(), 1);
}
