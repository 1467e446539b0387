//! The file with the box's address: what is read is an address that a host can have.
#![no_main]

use ipc::control::Address;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    if let Ok(read) = networkd::settings::parse(text) {
        assert_eq!(Address::new(read.address(), read.prefix(), read.gateway()), Ok(read));
    }
});
