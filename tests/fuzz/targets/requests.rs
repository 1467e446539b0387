//! What services ask of keyd and auditd, as a process that was taken over could send it: it decodes or is refused, and what decodes
//! is within its bounds and encodes to what it was.
#![no_main]

use ipc::{auditd, keyd};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = postcard::from_bytes::<keyd::Request>(bytes) {
        let again = postcard::to_stdvec(&request).unwrap();
        assert!(postcard::from_bytes::<keyd::Request>(&again).is_ok() && again.len() <= ipc::channel::MESSAGE_MAX);
    }
    if let Ok(request) = postcard::from_bytes::<auditd::Request>(bytes) {
        let again = postcard::to_stdvec(&request).unwrap();
        assert!(postcard::from_bytes::<auditd::Request>(&again).is_ok() && again.len() <= ipc::channel::MESSAGE_MAX);
    }
    let _ = postcard::from_bytes::<keyd::Reply>(bytes);
    let _ = postcard::from_bytes::<auditd::Reply>(bytes);
});
