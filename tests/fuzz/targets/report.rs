//! What a service tells PID 1, from one that says anything: what is taken for a report is within its bounds, and comes out as it was.
#![no_main]

use ipc::control::{Address, Report};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(report) = postcard::from_bytes::<Report>(bytes) else { return };
    match &report {
        Report::Screen(text) | Report::Card(text) | Report::Degraded(text) => assert!(text.as_str().len() <= 256),
        Report::Address(a) => assert_eq!(Address::new(a.address(), a.prefix(), a.gateway()).as_ref(), Ok(a)),
        Report::Ready | Report::NoAddress => {}
    }
    let again = postcard::to_stdvec(&report).expect("what was read can be written");
    assert_eq!(postcard::from_bytes::<Report>(&again).as_ref(), Ok(&report));
});
