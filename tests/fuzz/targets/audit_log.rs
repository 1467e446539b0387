//! A log from a box that nobody trusts, and a segment of it on a disk that failed: judged or refused, and what is whole is whole.
#![no_main]

use audit_log::Verifier;
use audit_log::segment::{Rest, first_of, recover};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let found = recover(bytes, 0, None);
    assert!(found.whole <= bytes.len());
    if found.rest == Rest::Nothing {
        assert_eq!(found.whole, bytes.len());
    }
    // What was found whole is whole when it is looked at again.
    let again = recover(&bytes[..found.whole], 0, None);
    assert_eq!((again.whole, again.rest), (found.whole, Rest::Nothing));
    let text = String::from_utf8_lossy(bytes);
    let _ = first_of(&text);
    let mut verifier = Verifier::default();
    let _ = text.lines().try_for_each(|line| verifier.push(line));
    let verdict = verifier.finish();
    assert!(verdict.covered <= verdict.end);
});
