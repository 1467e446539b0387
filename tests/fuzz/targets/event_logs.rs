//! A firmware's log and a box's own: read or refused, and no event is longer than the log.
#![no_main]

use attestation::{event_log, own_log, secure_boot};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(events) = event_log::read(bytes) {
        assert!(events.iter().map(|e| e.data.len()).sum::<usize>() <= bytes.len());
        event_log::replay(&events);
        let _ = secure_boot::read(events.iter().filter(|e| e.pcr == 7));
    }
    if let Ok(own) = event_log::read_own(bytes) {
        // What was read is what our writer writes.
        let written: Vec<u8> = own.iter().flat_map(|(event, text)| own_log::record(event.pcr, text)).collect();
        assert_eq!(written, bytes);
        own.iter().for_each(|(_, text)| drop(own_log::Loaded::read(text)));
    }
    // Any bytes as what PCR 7 measured.
    let digest = attestation::Hash::of(bytes).0;
    for kind in [0x8000_0001, 0x8000_00e0] {
        let _ = secure_boot::read([&event_log::Event { pcr: 7, kind, digest, data: bytes }]);
    }
});
