//! Encoded messages as a private operation gives them: what decodes is what encoding made.
#![no_main]

use he::fuzzing::{oaep_decode, oaep_encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = oaep_decode(&mut data.to_vec(), b"");
    // Below the masks, where no random bytes get: the data is what the masks hide.
    if let Some((seed, db)) = data.split_first_chunk::<32>() {
        let mut masked = oaep_encode(seed, db);
        if let Some(message) = oaep_decode(&mut masked.clone(), b"") {
            assert!(db.ends_with(message.expose()) && db.len() > message.len() + 32);
            assert_eq!(db[db.len() - message.len() - 1], 1);
            assert!(db[32..db.len() - message.len() - 1].iter().all(|byte| *byte == 0));
        }
        masked[0] = 1;
        assert!(oaep_decode(&mut masked, b"").is_none());
    }
});
