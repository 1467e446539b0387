//! Two people, a file and a box.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use key_backup::{BackupKey, Half, HalfError, Header, HeaderError, Named, RecipientKey, SealedHalf};
use secrets::Secret;

fn half(byte: u8) -> Half {
    Half::new(Secret::new(vec![byte; 32])).unwrap()
}

fn sealed(half: &Half, to: &RecipientKey) -> SealedHalf {
    let sealed = half.seal(&to.public(), b"").unwrap();
    SealedHalf { recipient: to.public(), sealed, commitment: half.commitment() }
}

fn header(people: [&RecipientKey; 2]) -> Header {
    let named = Named { id: "01".into(), owner: "alice".into(), name: "k".into() };
    let halves = [sealed(&half(1), people[0]), sealed(&half(2), people[1])];
    Header { device_id: "00ff".into(), created: 5, keys: vec![named], halves }
}

#[test]
fn it_takes_both_halves_each_opened_by_its_own_key_and_the_header_as_it_was() {
    let (first, second, transport) = (RecipientKey::generate(), RecipientKey::generate(), RecipientKey::generate());
    let header = header([&first, &second]);
    let encoded = header.encode().unwrap();
    let read = Header::decode(&encoded).unwrap();
    assert_eq!(read, header);
    let entry = BackupKey::of([&half(1), &half(2)], &encoded).unwrap().seal(1, &Secret::new(vec![9; 100])).unwrap();

    // Each opens its own, and nobody the other's; kept as 32 bytes in between.
    let first = RecipientKey::from_secret(&first.secret()).unwrap();
    let one = first.open(&read.halves[0].sealed, b"").unwrap();
    assert_eq!(one.commitment(), read.halves[0].commitment);
    assert_eq!(first.open(&read.halves[1].sealed, b"").err(), Some(HalfError::Sealed));
    let two = second.open(&read.halves[1].sealed, b"").unwrap();
    // To the box, for this restore and no other.
    let carried = one.seal(&transport.public(), b"this").unwrap();
    assert_eq!(transport.open(&carried, b"that").err(), Some(HalfError::Sealed));
    let one = transport.open(&carried, b"this").unwrap();

    let key = BackupKey::of([&one, &two], &encoded).unwrap();
    assert_eq!(key.open(1, &entry).unwrap().expose(), [9; 100]);
    assert!(key.open(2, &entry).is_none(), "an entry has its place");
    let one_alone = BackupKey::of([&one, &half(3)], &encoded).unwrap();
    assert!(one_alone.open(1, &entry).is_none());
    let other = Header { created: 6, ..read }.encode().unwrap();
    assert!(BackupKey::of([&one, &two], &other).unwrap().open(1, &entry).is_none(), "the header is bound");
}

#[test]
fn what_is_no_header_is_refused_by_what_is_wrong_with_it() {
    let key = RecipientKey::generate();
    let good = header([&key, &key]);
    let encoded = good.encode().unwrap();
    assert_eq!(Header::decode(b"PK"), Err(HeaderError::NoBackup));
    assert_eq!(Header::decode(&vec![0; 10_000]), Err(HeaderError::TooLong { what: "header" }));
    let newer = [&encoded[..14], &[0, 9], &encoded[16..]].concat();
    assert_eq!(Header::decode(&newer), Err(HeaderError::Version { found: 9 }));
    for end in 14..encoded.len() {
        assert_eq!(Header::decode(&encoded[..end]), Err(HeaderError::Damaged), "{end}");
    }
    assert_eq!(Header::decode(&[&encoded[..], &[0]].concat()), Err(HeaderError::Damaged));
    let many = Header { keys: vec![good.keys[0].clone(); 33], ..good.clone() };
    assert_eq!(many.encode(), Err(HeaderError::TooLong { what: "list of keys" }));
    let long = Header { device_id: "x".repeat(65), ..good };
    assert_eq!(long.encode(), Err(HeaderError::TooLong { what: "name" }));
    assert_eq!(RecipientKey::from_secret(&Secret::new(vec![1; 31])).err(), Some(HalfError::Private));
    assert_eq!(half(1).seal(&[0; 31], b"").err(), Some(HalfError::Public));
    assert!(half(1).seal(&[0; 32], b"").is_err(), "a point of small order is nobody's key");
}
