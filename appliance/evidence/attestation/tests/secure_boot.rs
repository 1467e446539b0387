//! What PCR 7 will be, from a log that a firmware wrote (OVMF).
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use attestation::event_log::{self, Event};
use attestation::secure_boot::{PredictError, SecureBootError, predict, read};

const LOG: &[u8] = include_bytes!("../../../../tests/evidence-box/data/firmware.log");

fn of_pcr_7<'e, 'a>(events: &'e [Event<'a>]) -> impl Iterator<Item = &'e Event<'a>> + Clone {
    events.iter().filter(|event| event.pcr == 7)
}

/// The content of a variable, by its place in the event: GUID, two lengths, name, content.
fn content(events: &[Event<'_>], name: &str) -> Vec<u8> {
    let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let is_it = |event: &&Event<'_>| {
        event.pcr == 7
            && event.data.get(16..24) == Some(&(name.len() as u64).to_le_bytes()[..])
            && event.data[32..].starts_with(&wide)
    };
    events.iter().find(is_it).unwrap().data[32 + wide.len()..].to_vec()
}

#[test]
fn what_does_not_change_gives_what_is() {
    let events = event_log::read(LOG).unwrap();
    let now = event_log::replay(&events)[&7];
    assert_eq!(predict(of_pcr_7(&events), &[]).unwrap(), now);
    let same = ["PK", "KEK", "db", "dbx"].map(|name| (name, content(&events, name)));
    let same: Vec<(&str, &[u8])> = same.iter().map(|(name, content)| (*name, &content[..])).collect();
    assert_eq!(predict(of_pcr_7(&events), &same).unwrap(), now);
    // One list more than there was, of one SHA-256 (EFI_CERT_SHA256_GUID): another value, in whatever order it is said.
    let list = [
        &[0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28][..],
        &76u32.to_le_bytes(),
        &0u32.to_le_bytes(),
        &48u32.to_le_bytes(),
        &[7; 48],
    ]
    .concat();
    let dbx = [content(&events, "dbx"), list].concat();
    let changed = predict(of_pcr_7(&events), &[("dbx", &dbx)]).unwrap();
    assert_ne!(changed, now);
    let db = content(&events, "db");
    for order in [[("dbx", &dbx[..]), ("db", &db[..])], [("db", &db[..]), ("dbx", &dbx[..])]] {
        assert_eq!(predict(of_pcr_7(&events), &order).unwrap(), changed);
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let events = event_log::read(LOG).unwrap();
    let refused = |changes: &[(&str, &[u8])]| predict(of_pcr_7(&events), changes).unwrap_err();
    assert!(matches!(refused(&[("db", b"")]), PredictError::NothingStarts { .. }));
    assert!(matches!(refused(&[("dbx", b"no list")]), PredictError::Content { .. }));
    assert!(matches!(refused(&[("SecureBoot", b"")]), PredictError::NotMeasured { .. }));
    assert!(matches!(refused(&[("dbr", b"")]), PredictError::NotMeasured { .. }));
    let nothing = predict(&[], &[]).unwrap_err();
    assert!(matches!(nothing, PredictError::Log(SecureBootError::Missing)));
    assert!(read(of_pcr_7(&events)).unwrap().on);
}
