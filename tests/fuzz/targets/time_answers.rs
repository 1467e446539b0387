//! Time servers that answer anything: no datagram may end the client, and what it takes for the time is within what can be written down.
#![no_main]

use std::net::IpAddr;
use std::time::Duration;

use ipc::control::Report;
use libfuzzer_sys::fuzz_target;
use networkd::settings::parse;
use networkd::{Action, Clock, Network};

const FILE: &[u8] = br#"{"format":2,"time-servers":["192.0.2.1","192.0.2.2","2001:db8::1"]}"#;

fuzz_target!(|answers: Vec<(u16, u8, Vec<u8>)>| {
    let mut network = Network::new(parse(FILE).expect("settings"), Box::new(|| 0x0123_4567_89ab_cdef));
    let mut clock = Clock { now: Duration::ZERO, unix: Duration::from_secs(1_795_000_000) };
    let mut asked: Vec<(IpAddr, Vec<u8>)> = Vec::new();
    for (milliseconds, which, mut bytes) in answers {
        for action in network.poll(clock) {
            match action {
                Action::Ask { server, request } => asked.push((server, request)),
                Action::Report(Report::Time(time)) => assert!(time.agreed > 0 && time.agreed <= 3),
                Action::Report(Report::NoTime(why)) => assert!(!why.as_str().is_empty()),
                other => panic!("{other:?}"),
            }
        }
        clock.now += Duration::from_millis(milliseconds.into());
        if let Some((server, request)) = asked.get(usize::from(which) % asked.len().max(1)) {
            // Only a guess of 52 bits would find the way in.
            if which < 200 && bytes.len() >= 48 {
                bytes[24..32].copy_from_slice(&request[40..48]);
            }
            network.answer(*server, &bytes, clock);
        }
        asked.truncate(16);
        assert!(network.idle(clock.now) <= Duration::from_secs(60));
    }
});
