//! A backup takes two people to make and two to open, on another box, whatever the service that carries it would like.

use accounts::statement::{Action, transport_key};
use ipc::keyd::{Asked, Deed, KeyInfo, KeyKind, Limits, Operation, PrivatePart, Refusal, Reply, Request};
use ipc::{Bytes, List};
use key_backup::{Header, RecipientKey, bound_to};
use tempfile::TempDir;

use crate::served::{Person, Served, name, served};
use crate::support::{SoftwareTpm, Vendor};

/// A box with two administrators and an operator, alice.
struct Box_ {
    served: Served,
    admin: Person,
    second: Person,
    _software: SoftwareTpm,
    _folder: TempDir,
}

fn box_() -> Box_ {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let served = served(&software, &vendor.policy([0; 32]), &folder);
    let admin = served.administrator();
    let second = served.client(&admin, "second", "administrator");
    Box_ { served, admin, second, _software: software, _folder: folder }
}

impl Box_ {
    fn create(&self, key: &str, kind: KeyKind, limits: Limits) -> KeyInfo {
        let operations = List::new("operations", vec![Operation::Encrypt, Operation::Decrypt]).unwrap();
        match self.served.ask(Request::CreateKey { owner: name("alice"), name: name(key), kind, operations, limits }) {
            Reply::Key(info) => info,
            other => panic!("{other:?}"),
        }
    }

    fn primes(&self, key: &KeyInfo) -> PrivatePart {
        let request = Request::Lease { id: key.id.clone(), client: key.owner.clone(), operation: Operation::Decrypt };
        match self.served.ask(request) {
            Reply::Lease(lease) => lease.private.unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn ask_backup(&self, keys: &[&str], recipient: &RecipientKey) -> Request {
        let public = recipient.public();
        let action = Action::AskBackup { owner: "alice", keys, recipient: &public };
        let proof = self.admin.proof(&self.served, action);
        let keys = List::new("keys", keys.iter().map(|k| name(k)).collect()).unwrap();
        Request::AskBackup { owner: name("alice"), keys, recipient: Bytes::new("r", public).unwrap(), proof }
    }

    /// Header and entries.
    fn backup(&self, keys: &[&str], first: &RecipientKey, second: &RecipientKey) -> Vec<Vec<u8>> {
        let Reply::Asked(asked) = self.served.ask(self.ask_backup(keys, first)) else { panic!() };
        let Reply::Approved { keys } = self.served.ask(self.second.approve(&self.served, &asked, &second.public()))
        else {
            panic!()
        };
        (0..=keys).map(|number| self.piece(&asked, number).unwrap()).collect()
    }

    fn piece(&self, asked: &Asked, number: u32) -> Result<Vec<u8>, Refusal> {
        match self.served.ask(Request::FetchBackup { request: asked.id.clone(), number }) {
            Reply::BackupPiece(piece) => Ok(piece.into_vec()),
            Reply::Refused(refusal) => Err(refusal),
            other => panic!("{other:?}"),
        }
    }

    /// One half for this box, opened with this person's key.
    fn carried(&self, header: &[u8], half: usize, recipient: &RecipientKey) -> Vec<u8> {
        let Reply::TransportKey { public, signature } = self.served.ask(Request::TransportKey) else { panic!() };
        let Reply::Identity(identity) = self.served.ask(Request::Identity) else { panic!() };
        let statement = transport_key(identity.device_id.as_str(), public.as_slice());
        let authority = x509_parser::parse_x509_certificate(identity.authority.as_slice()).unwrap().1;
        let key = authority.public_key().subject_public_key.data.to_vec();
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_ASN1, key);
        assert!(key.verify(&statement, signature.as_slice()).is_ok());
        let sealed = &Header::decode(header).unwrap().halves[half].sealed;
        recipient.open(sealed, b"").unwrap().seal(public.as_slice(), &bound_to(header)).unwrap()
    }

    fn ask_restore(&self, header: &[u8], half: &[u8]) -> Request {
        let proof = self.admin.proof(&self.served, Action::AskRestore { header, half });
        let (header, half) = (Bytes::new("header", header).unwrap(), Bytes::new("half", half).unwrap());
        Request::AskRestore { header, half, proof }
    }

    fn restore(&self, asked: &Asked, number: u32, entry: &[u8]) -> Reply {
        let entry = Bytes::new("entry", entry).unwrap();
        self.served.ask(Request::RestoreKey { request: asked.id.clone(), number, entry })
    }
}

#[test]
fn keys_go_to_another_box_by_two_peoples_words_and_come_with_all_that_they_are() {
    let (from, to) = (box_(), box_());
    let limits = Limits { uses_max: 5, expires: 0, dual_control: true };
    let limited = from.create("limited", KeyKind::Paillier { bits: 2048 }, limits);
    let plain = from.create("plain", KeyKind::Rsa { bits: 2048 }, Limits::default());
    let (limited_primes, plain_primes) = (from.primes(&limited), from.primes(&plain));
    let (first, second) = (RecipientKey::generate(), RecipientKey::generate());
    let file = from.backup(&[], &first, &second);
    assert_eq!(file.len(), 3);
    let header = Header::decode(&file[0]).unwrap();
    let names: Vec<&str> = header.keys.iter().map(|k| k.name.as_str()).collect();
    assert!(names.contains(&"limited") && names.contains(&"plain"));

    // Whoever the keys are for has to be there.
    let half = to.carried(&file[0], 0, &first);
    let refused = to.served.refusal(to.ask_restore(&file[0], &half));
    assert!(matches!(refused, Refusal::NotFound(text) if text.as_str().contains("enrol alice first")));
    to.served.client(&to.admin, "alice", "operator");

    let Reply::Asked(asked) = to.served.ask(to.ask_restore(&file[0], &half)) else { panic!() };
    assert_eq!((asked.deed, asked.keys.as_slice().len()), (Deed::Restore, 2));
    let early = to.restore(&asked, 1, &file[1]);
    assert!(matches!(early, Reply::Refused(Refusal::NotAllowed(text)) if text.as_str().contains("second")));
    // The first one's half once more, in the second one's hands.
    let refused = to.served.refusal(to.second.approve(&to.served, &asked, &to.carried(&file[0], 0, &first)));
    assert!(matches!(refused, Refusal::NotAllowed(text) if text.as_str().contains("was given already")));
    let other = to.carried(&file[0], 1, &second);
    let refused = to.served.refusal(to.admin.approve(&to.served, &asked, &other));
    assert!(matches!(refused, Refusal::NotAllowed(text) if text.as_str().contains("another administrator")));
    let agreed = to.served.ask(to.second.approve(&to.served, &asked, &other));
    assert!(matches!(agreed, Reply::Approved { keys: 2 }), "{agreed:?}");

    // In their places, unchanged.
    assert!(matches!(to.restore(&asked, 2, &file[1]), Reply::Refused(Refusal::Invalid(_))));
    let mut changed = file[1].clone();
    changed[20] ^= 1;
    assert!(matches!(to.restore(&asked, 1, &changed), Reply::Refused(Refusal::Invalid(_))));
    for number in 1..=2 {
        let Reply::Key(info) = to.restore(&asked, number, &file[number as usize]) else { panic!() };
        let (before, primes) =
            if info.id == limited.id { (&limited, &limited_primes) } else { (&plain, &plain_primes) };
        assert_eq!(
            (&info.owner, &info.name, info.kind, info.limits),
            (&before.owner, &before.name, before.kind, before.limits)
        );
        assert_eq!((&info.operations, &info.public), (&before.operations, &before.public));
        assert_eq!((info.uses, info.private_uses), (1, 1), "the lease above");
        let here = to.primes(&info);
        assert!(here.p.equals(&primes.p) && here.q.equals(&primes.q));
        let again = to.restore(&asked, number, &file[number as usize]);
        assert!(matches!(again, Reply::Refused(Refusal::Exists(_))), "one that is there stays");
    }
    let lines = to.served.log.lines.lock().unwrap().clone();
    for line in ["administrator: ask for restore", "second: approve restore", "alice: restore key"] {
        assert!(lines.iter().any(|l| l == line), "{line}: {lines:?}");
    }
}

#[test]
fn one_person_makes_no_backup_and_opens_none() {
    let box_ = box_();
    box_.served.client(&box_.admin, "alice", "operator");
    box_.create("k", KeyKind::Rsa { bits: 2048 }, Limits::default());
    let (first, second) = (RecipientKey::generate(), RecipientKey::generate());
    let Reply::Asked(asked) = box_.served.ask(box_.ask_backup(&["k"], &first)) else { panic!() };
    assert!(matches!(box_.piece(&asked, 0), Err(Refusal::NotAllowed(_))), "nobody has agreed");
    let refused = |person: &Person, given: &[u8]| box_.served.refusal(person.approve(&box_.served, &asked, given));
    assert!(matches!(refused(&box_.admin, &second.public()), Refusal::NotAllowed(_)));
    assert!(
        matches!(refused(&box_.second, &first.public()), Refusal::Invalid(text) if text.as_str().contains("two people"))
    );
    assert!(matches!(refused(&box_.second, b"no key"), Refusal::Invalid(_)));
    // On its way to the box the service puts a key of its own under her word.
    let thief = RecipientKey::generate();
    let Request::Approve { request, proof, .. } = box_.second.approve(&box_.served, &asked, &second.public()) else {
        panic!()
    };
    let swapped = Request::Approve { request, given: Bytes::new("given", thief.public()).unwrap(), proof };
    assert!(matches!(box_.served.refusal(swapped), Refusal::NotAllowed(_)));
    let Request::AskBackup { owner, keys, proof, .. } = box_.ask_backup(&["k"], &first) else { panic!() };
    let recipient = Bytes::new("recipient", thief.public()).unwrap();
    let swapped = Request::AskBackup { owner, keys, recipient, proof };
    assert!(matches!(box_.served.refusal(swapped), Refusal::NotAllowed(_)));
    assert!(matches!(
        box_.served.ask(box_.second.approve(&box_.served, &asked, &second.public())),
        Reply::Approved { keys: 1 }
    ));
    let header = box_.piece(&asked, 0).unwrap();
    assert!(matches!(box_.piece(&asked, 2), Err(Refusal::NotFound(_))));
    // Each has one half; a thief has none.
    let header_ = Header::decode(&header).unwrap();
    for (half, own, other) in [(0, &first, &second), (1, &second, &first)] {
        assert!(own.open(&header_.halves[half].sealed, b"").is_ok());
        assert!(
            other.open(&header_.halves[half].sealed, b"").is_err()
                && thief.open(&header_.halves[half].sealed, b"").is_err()
        );
    }
    // What is asked for has to be there.
    assert!(matches!(box_.served.refusal(box_.ask_backup(&["none"], &first)), Refusal::NotFound(_)));
    // A half of another backup.
    let other = box_.backup(&["k"], &first, &second);
    let Reply::TransportKey { public, .. } = box_.served.ask(Request::TransportKey) else { panic!() };
    let foreign = first.open(&Header::decode(&other[0]).unwrap().halves[0].sealed, b"").unwrap();
    let foreign = foreign.seal(public.as_slice(), &bound_to(&header)).unwrap();
    let refused = box_.served.refusal(box_.ask_restore(&header, &foreign));
    assert!(matches!(refused, Refusal::NotAllowed(text) if text.as_str().contains("neither of the two")));
    let for_another = box_.carried(&other[0], 0, &first);
    assert!(
        matches!(box_.served.refusal(box_.ask_restore(&header, &for_another)), Refusal::Invalid(_)),
        "bound to its header"
    );
    assert!(matches!(box_.served.refusal(box_.ask_restore(b"PK", &foreign)), Refusal::Invalid(_)));
}
