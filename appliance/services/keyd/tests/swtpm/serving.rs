//! What computed sees of keyd: keys that only their owner may use, for what they allow, on this TPM alone.

use ipc::keyd::{Group, KEYS_LISTED, KeyInfo, KeyKind, Limits, Operation, PublicKey, Refusal, Reply, Request};
use ipc::{Bytes, List};
use tempfile::TempDir;

use crate::served::{Served, name, served};
use crate::support::{SoftwareTpm, Vendor};

fn create(keyd: &Served, operations: &[Operation]) -> KeyInfo {
    create_of(keyd, KeyKind::Paillier { bits: 2048 }, operations)
}

fn create_of(keyd: &Served, kind: KeyKind, operations: &[Operation]) -> KeyInfo {
    match keyd.ask(new_key("alice", "k", kind, operations)) {
        Reply::Key(info) => info,
        other => panic!("{other:?}"),
    }
}

fn new_key(owner: &str, key: &str, kind: KeyKind, operations: &[Operation]) -> Request {
    let operations = List::new("operations", operations.to_vec()).unwrap();
    Request::CreateKey { owner: name(owner), name: name(key), kind, operations, limits: Limits::default() }
}

fn import(keyd: &Served, key: &str, public: PublicKey, operations: &[Operation]) -> Reply {
    let operations = List::new("operations", operations.to_vec()).unwrap();
    let kind = KeyKind::Paillier { bits: 2048 };
    keyd.ask(Request::ImportKey { owner: name("bob"), name: name(key), kind, public, operations })
}

fn lease(keyd: &Served, id: impl std::fmt::Display, client: &str, operation: Operation) -> Reply {
    keyd.ask(Request::Lease { id: name(&id.to_string()), client: name(client), operation })
}

#[test]
fn a_key_is_leased_to_its_owner_for_what_it_allows_and_survives_a_reboot() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let keyd = served(&software, &policy, &folder);
    let info = create(&keyd, &[Operation::Encrypt, Operation::Decrypt]);
    assert_eq!((info.public.n.as_slice().len(), info.public.n.as_slice()[0] & 0x80), (256, 0x80));
    assert!(matches!(lease(&keyd, &info.id, "bob", Operation::Encrypt), Reply::Refused(Refusal::NotAllowed(_))));
    assert!(matches!(lease(&keyd, &info.id, "alice", Operation::Evaluate), Reply::Refused(Refusal::NotAllowed(_))));
    assert!(matches!(lease(&keyd, "nothing", "alice", Operation::Encrypt), Reply::Refused(Refusal::NotFound(_))));
    let Reply::Lease(public_only) = lease(&keyd, &info.id, "alice", Operation::Encrypt) else { panic!() };
    assert!(public_only.private.is_none() && public_only.info.uses == 1);
    let software = software.reboot();
    let keyd = served(&software, &policy, &folder);
    let Reply::Lease(full) = lease(&keyd, &info.id, "alice", Operation::Decrypt) else { panic!() };
    assert_eq!(full.private.unwrap().p.len(), 128);
    assert_eq!(full.info.uses, 2);
    assert!(matches!(keyd.ask(Request::EndLease { lease: full.lease }), Reply::LeaseEnded));
    assert!(matches!(keyd.ask(Request::EndLease { lease: full.lease }), Reply::Refused(Refusal::NotFound(_))));
}

#[test]
fn a_changed_file_or_another_tpm_keeps_the_private_key_closed() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let info = create(&served(&software, &policy, &folder), &[Operation::Encrypt, Operation::Decrypt]);
    let path = folder.path().join("keys").join(format!("{}.json", info.id));
    let stored = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, stored.replace("\"alice\"", "\"bob\"")).unwrap();
    let software = software.reboot();
    let reply = lease(&served(&software, &policy, &folder), &info.id, "bob", Operation::Decrypt);
    assert!(matches!(reply, Reply::Refused(Refusal::Unavailable(_))), "{reply:?}");
    std::fs::write(&path, stored).unwrap();
    let other = SoftwareTpm::new();
    let reply = lease(&served(&other, &policy, &folder), &info.id, "alice", Operation::Decrypt);
    assert!(matches!(reply, Reply::Refused(Refusal::Unavailable(_))), "{reply:?}");
}

#[test]
fn short_keys_bad_names_and_duplicates_are_refused() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let keyd = served(&software, &vendor.policy([0; 32]), &folder);
    create(&keyd, &[Operation::Encrypt]);
    let refused = |key: &str, bits: u32, operations: Vec<Operation>| {
        keyd.refusal(new_key("alice", key, KeyKind::Paillier { bits }, &operations))
    };
    assert!(
        matches!(refused("short", 512, vec![Operation::Encrypt]), Refusal::Invalid(text) if text.as_str().contains("512"))
    );
    assert!(matches!(refused("../k", 2048, vec![Operation::Encrypt]), Refusal::Invalid(_)));
    assert!(matches!(refused("none", 2048, vec![]), Refusal::Invalid(_)));
    assert!(matches!(refused("k", 2048, vec![Operation::Encrypt]), Refusal::Exists(_)));
}

#[test]
fn an_rsa_key_gives_its_primes_to_decrypt_and_to_sign_alone_and_is_bound_to_its_rights() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let keyd = served(&software, &policy, &folder);
    let all = [Operation::Encrypt, Operation::Decrypt, Operation::Evaluate];
    let info = create_of(&keyd, KeyKind::Rsa { bits: 2048 }, &all);
    assert_eq!(
        (info.public.n.as_slice().len(), info.public.hs.as_slice().len(), info.public.e.as_slice()),
        (256, 0, &[1, 0, 1][..])
    );
    for public in [Operation::Encrypt, Operation::Evaluate] {
        let Reply::Lease(lease) = lease(&keyd, &info.id, "alice", public) else { panic!() };
        assert!(lease.private.is_none());
    }
    let Reply::Lease(full) = lease(&keyd, &info.id, "alice", Operation::Decrypt) else { panic!() };
    assert_eq!(full.private.unwrap().q.len(), 128);
    assert!(matches!(lease(&keyd, &info.id, "alice", Operation::Sign), Reply::Refused(Refusal::NotAllowed(_))));
    // A right that is written into the file opens nothing, nor does another kind.
    let path = folder.path().join("keys").join(format!("{}.json", info.id));
    let stored = std::fs::read_to_string(&path).unwrap();
    let mut software = software;
    for (from, to) in [("\"evaluate\"", "\"sign\""), ("\"Rsa\"", "\"Paillier\"")] {
        assert!(stored.contains(from), "{stored}");
        std::fs::write(&path, stored.replace(from, to)).unwrap();
        software = software.reboot();
        let reply = lease(&served(&software, &policy, &folder), &info.id, "alice", Operation::Decrypt);
        assert!(matches!(reply, Reply::Refused(Refusal::Unavailable(_))), "{from}: {reply:?}");
    }
    // A Paillier key signs nothing.
    let keyd = served(&software.reboot(), &policy, &TempDir::new().unwrap());
    let kind = KeyKind::Paillier { bits: 2048 };
    let request = new_key("alice", "s", kind, &[Operation::Sign]);
    assert!(matches!(keyd.ask(request), Reply::Refused(Refusal::Invalid(text)) if text.as_str().contains("Sign")));
}

/// Made, kept over a restart, bound to their kind, leased: as Paillier's and RSA's are.
#[test]
fn keys_of_every_other_scheme() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let keyd = served(&software, &policy, &folder);
    let sums = KeyKind::OkamotoUchiyama { bits: 3072 };
    let group = KeyKind::DiffieHellman { group: Group::Ffdhe2048 };
    let made = [
        ("sums", sums, Operation::Decrypt, (384, 384), (128, 128)),
        ("curve", KeyKind::ElGamal, Operation::Decrypt, (32, 0), (32, 0)),
        ("group", group, Operation::Derive, (256, 0), (40, 0)),
    ];
    let mut keys = Vec::new();
    for (key, kind, operation, public, private) in made {
        let Reply::Key(info) = keyd.ask(new_key("alice", key, kind, &[operation])) else { panic!("{key}") };
        assert_eq!((info.public.n.as_slice().len(), info.public.hs.as_slice().len()), public, "{key}");
        let Reply::Lease(full) = lease(&keyd, &info.id, "alice", operation) else { panic!("{key}") };
        let part = full.private.unwrap();
        assert_eq!((part.p.len(), part.q.len()), private, "{key}");
        assert!(matches!(lease(&keyd, &info.id, "bob", operation), Reply::Refused(Refusal::NotAllowed(_))));
        keys.push((info, operation, part));
    }
    let refused = |kind, operation| keyd.refusal(new_key("alice", "x", kind, &[operation]));
    assert!(matches!(refused(group, Operation::Decrypt), Refusal::Invalid(_)));
    assert!(matches!(refused(KeyKind::ElGamal, Operation::Derive), Refusal::Invalid(_)));
    let short = refused(KeyKind::OkamotoUchiyama { bits: 2048 }, Operation::Decrypt);
    assert!(matches!(short, Refusal::Invalid(text) if text.as_str().contains("[3072, 4608]")));
    drop(keyd);
    let mut software = software.reboot();
    let keyd = served(&software, &policy, &folder);
    for (info, operation, part) in &keys {
        let Reply::Lease(again) = lease(&keyd, &info.id, "alice", *operation) else { panic!("{}", info.name) };
        assert!(again.info.public == info.public && again.private.unwrap().p.expose() == part.p.expose());
    }
    drop(keyd);
    // Another group written into the file: the key does not open.
    let path = folder.path().join("keys").join(format!("{}.json", keys[2].0.id));
    let stored = std::fs::read_to_string(&path).unwrap();
    assert!(stored.contains("Ffdhe2048"));
    std::fs::write(&path, stored.replace("Ffdhe2048", "Modp2048")).unwrap();
    software = software.reboot();
    let reply = lease(&served(&software, &policy, &folder), &keys[2].0.id, "alice", Operation::Derive);
    assert!(matches!(reply, Reply::Refused(Refusal::Unavailable(_))), "{reply:?}");
}

#[test]
fn an_imported_key_is_checked_bound_and_has_no_private_part() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let keyd = served(&software, &policy, &folder);
    let own = create(&keyd, &[Operation::Encrypt]);
    let n_alone = PublicKey { hs: Bytes::default(), ..own.public.clone() };
    let Reply::Key(with) = import(&keyd, "with", own.public.clone(), &[Operation::Encrypt]) else { panic!() };
    let Reply::Key(without) = import(&keyd, "without", n_alone.clone(), &[Operation::Encrypt]) else { panic!() };
    assert!(with.imported && without.imported && !own.imported && without.public.hs.as_slice().is_empty());
    let refused = import(&keyd, "d", n_alone.clone(), &[Operation::Decrypt]);
    assert!(matches!(refused, Reply::Refused(Refusal::Invalid(text)) if text.as_str().contains("private part")));
    let even = PublicKey { n: bytes(own.public.n.as_slice().iter().map(|b| b & 0xfe).collect()), ..n_alone.clone() };
    let refused = import(&keyd, "even", even, &[Operation::Encrypt]);
    assert!(matches!(refused, Reply::Refused(Refusal::Invalid(text)) if text.as_str().contains("even")));
    let short = PublicKey { n: bytes(vec![0xff; 64]), ..n_alone };
    let refused = import(&keyd, "short", short, &[Operation::Encrypt]);
    assert!(matches!(refused, Reply::Refused(Refusal::Invalid(text)) if text.as_str().contains("512 bits")));
    assert!(matches!(lease(&keyd, &with.id, "bob", Operation::Decrypt), Reply::Refused(Refusal::NotAllowed(_))));
    let Reply::Lease(good) = lease(&keyd, &with.id, "bob", Operation::Encrypt) else { panic!() };
    assert!(good.private.is_none() && good.info.uses == 1);
    // Its file says another owner, and it does not open.
    let path = folder.path().join("keys").join(format!("{}.json", with.id));
    let stored = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, stored.replace("\"bob\"", "\"eve\"")).unwrap();
    let reply = lease(&served(&software.reboot(), &policy, &folder), &with.id, "eve", Operation::Encrypt);
    assert!(matches!(reply, Reply::Refused(Refusal::Unavailable(_))), "{reply:?}");
}

#[test]
fn more_keys_than_a_message_holds_are_listed_page_by_page_to_their_owner() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let keyd = served(&software, &vendor.policy([0; 32]), &folder);
    let own = create(&keyd, &[Operation::Encrypt]);
    for i in 0..KEYS_LISTED + 3 {
        let imported = import(&keyd, &format!("k{i}"), own.public.clone(), &[Operation::Encrypt]);
        assert!(matches!(imported, Reply::Key(_)));
    }
    let page = |owner: &str, after: &str| match keyd.ask(Request::ListKeys { owner: name(owner), after: name(after) }) {
        Reply::Keys(keys) => keys.into_vec(),
        other => panic!("{other:?}"),
    };
    let first = page("bob", "");
    let second = page("bob", first[KEYS_LISTED - 1].id.as_str());
    assert_eq!((first.len(), second.len()), (KEYS_LISTED, 3));
    assert!(first.iter().chain(&second).map(|k| &k.id).is_sorted());
    assert_eq!(page("alice", "").len(), 1);
    let found = keyd.ask(Request::FindKey { id: own.id.clone(), client: name("alice") });
    assert!(matches!(found, Reply::Key(info) if info.id == own.id));
    let hidden = keyd.ask(Request::FindKey { id: own.id, client: name("bob") });
    assert!(matches!(hidden, Reply::Refused(Refusal::NotFound(_))));
}

fn bytes<const MAX: usize>(bytes: Vec<u8>) -> Bytes<MAX> {
    Bytes::new("n", bytes).unwrap()
}
