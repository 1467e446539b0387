//! The header of a backup, as anybody may bring it to a box: what is taken for one is within its bounds and comes out as it was.
#![no_main]

use key_backup::{HEADER_MAX, Header, KEYS_MAX};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // With what every header begins with, or the fuzzer spends its time on finding that.
    let whole = [b"coffer backup\n\x00\x01", bytes].concat();
    for bytes in [bytes, &whole] {
        let Ok(header) = Header::decode(bytes) else { continue };
        assert!(bytes.len() <= HEADER_MAX && header.keys.len() <= KEYS_MAX);
        assert!(header.keys.iter().all(|key| key.id.len() <= 64 && key.owner.len() <= 64 && key.name.len() <= 64));
        let again = header.encode().unwrap();
        assert_eq!(Header::decode(&again).unwrap(), header);
    }
});
