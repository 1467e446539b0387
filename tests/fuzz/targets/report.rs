//! What a service tells PID 1, from one that says anything: what is taken for a report is within its bounds, and comes out as it was.
#![no_main]

use ipc::control::{ADDRESSES_MAX, Address, Report};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(report) = postcard::from_bytes::<Report>(bytes) else { return };
    match &report {
        Report::Screen(text) | Report::Card(text) | Report::Degraded(text) => assert!(text.as_str().len() <= 256),
        Report::NetworkFile(text) | Report::NoTime(text) => assert!(text.as_str().len() <= 256),
        Report::Measured(text) | Report::Loaded(text) => assert!(text.as_str().len() <= 256),
        Report::Link(link) => {
            assert!(link.link.as_str().len() <= 15 && link.addresses.as_slice().len() <= ADDRESSES_MAX);
            for address in link.addresses.as_slice().iter().map(|given| given.address) {
                let again = Address::new(address.address(), address.prefix(), address.gateway());
                assert_eq!(again, Ok(address));
            }
            assert!(link.vlans.as_slice().iter().all(|id| (1..=4094).contains(&u16::from(*id))));
        }
        Report::RecoveryKeyWritten(last) => assert!(last.as_str().len() <= 8),
        Report::Ready | Report::Time(_) | Report::Provisioned(_) => {}
    }
    let again = postcard::to_stdvec(&report).expect("what was read can be written");
    assert_eq!(postcard::from_bytes::<Report>(&again).as_ref(), Ok(&report));
});
