//! What computed sees of keyd: keys that only their owner may use, for what they allow, on this TPM alone.

use ipc::control::PcrPolicy;
use ipc::keyd::{KEYS_LISTED, KeyInfo, KeyKind, Operation, PublicKey, Refusal, Reply, Request};
use keyd::serve::Keyd;
use keyd::tpm::{LATE_PHASES, Tpm};
use tempfile::TempDir;

use crate::support::{SoftwareTpm, Vendor};

fn served(software: &SoftwareTpm, policy: &PcrPolicy, folder: &TempDir) -> Keyd {
    let mut tpm = Tpm::open(software.tcti()).unwrap();
    tpm.extend_phase("enter-initrd").unwrap();
    LATE_PHASES.iter().for_each(|phase| tpm.extend_phase(phase).unwrap());
    Keyd::open(tpm, policy, folder.path()).unwrap()
}

fn create(keyd: &mut Keyd, operations: &[Operation]) -> KeyInfo {
    create_of(keyd, KeyKind::Paillier { bits: 2048 }, operations)
}

fn create_of(keyd: &mut Keyd, kind: KeyKind, operations: &[Operation]) -> KeyInfo {
    let request = Request::CreateKey { owner: "alice".into(), name: "k".into(), kind, operations: operations.to_vec() };
    match keyd.answer(request) {
        Reply::Key(info) => info,
        other => panic!("{other:?}"),
    }
}

fn import(keyd: &mut Keyd, name: &str, public: PublicKey, operations: &[Operation]) -> Reply {
    let operations = operations.to_vec();
    keyd.answer(Request::ImportKey { owner: "bob".into(), name: name.into(), public, operations })
}

fn lease(keyd: &mut Keyd, id: &str, client: &str, operation: Operation) -> Reply {
    keyd.answer(Request::Lease { id: id.into(), client: client.into(), operation })
}

#[test]
fn a_key_is_leased_to_its_owner_for_what_it_allows_and_survives_a_reboot() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let mut keyd = served(&software, &policy, &folder);
    let info = create(&mut keyd, &[Operation::Encrypt, Operation::Decrypt]);
    assert_eq!((info.public.n.len(), info.public.n[0] & 0x80), (256, 0x80));
    assert!(matches!(lease(&mut keyd, &info.id, "bob", Operation::Encrypt), Reply::Refused(Refusal::NotAllowed(_))));
    assert!(matches!(lease(&mut keyd, &info.id, "alice", Operation::Evaluate), Reply::Refused(Refusal::NotAllowed(_))));
    assert!(matches!(lease(&mut keyd, "nothing", "alice", Operation::Encrypt), Reply::Refused(Refusal::NotFound(_))));
    let Reply::Lease(public_only) = lease(&mut keyd, &info.id, "alice", Operation::Encrypt) else { panic!() };
    assert!(public_only.private.is_none() && public_only.info.uses == 1);
    let software = software.reboot();
    let mut keyd = served(&software, &policy, &folder);
    let Reply::Lease(full) = lease(&mut keyd, &info.id, "alice", Operation::Decrypt) else { panic!() };
    assert_eq!(full.private.unwrap().p.len(), 128);
    assert_eq!(full.info.uses, 2);
    assert!(matches!(keyd.answer(Request::DestroyKey { id: info.id.clone() }), Reply::Destroyed));
    assert!(matches!(lease(&mut keyd, &info.id, "alice", Operation::Decrypt), Reply::Refused(Refusal::NotFound(_))));
}

#[test]
fn a_changed_file_or_another_tpm_keeps_the_private_key_closed() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let info = create(&mut served(&software, &policy, &folder), &[Operation::Encrypt, Operation::Decrypt]);
    let path = folder.path().join("keys").join(format!("{}.json", info.id));
    let stored = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, stored.replace("\"alice\"", "\"bob\"")).unwrap();
    let software = software.reboot();
    let reply = lease(&mut served(&software, &policy, &folder), &info.id, "bob", Operation::Decrypt);
    assert!(matches!(reply, Reply::Refused(Refusal::Unavailable(_))), "{reply:?}");
    std::fs::write(&path, stored).unwrap();
    let other = SoftwareTpm::new();
    let reply = lease(&mut served(&other, &policy, &folder), &info.id, "alice", Operation::Decrypt);
    assert!(matches!(reply, Reply::Refused(Refusal::Unavailable(_))), "{reply:?}");
}

#[test]
fn short_keys_bad_names_and_duplicates_are_refused() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let mut keyd = served(&software, &vendor.policy([0; 32]), &folder);
    create(&mut keyd, &[Operation::Encrypt]);
    let mut refused = |name: &str, bits: u32, operations: Vec<Operation>| {
        let kind = KeyKind::Paillier { bits };
        match keyd.answer(Request::CreateKey { owner: "alice".into(), name: name.into(), kind, operations }) {
            Reply::Refused(refusal) => refusal,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(refused("short", 512, vec![Operation::Encrypt]), Refusal::Invalid(text) if text.contains("512")));
    assert!(matches!(refused("../k", 2048, vec![Operation::Encrypt]), Refusal::Invalid(_)));
    assert!(matches!(refused("none", 2048, vec![]), Refusal::Invalid(_)));
    assert!(matches!(refused("k", 2048, vec![Operation::Encrypt]), Refusal::Exists(_)));
}

#[test]
fn an_rsa_key_gives_its_primes_to_decrypt_and_to_sign_alone_and_is_bound_to_its_rights() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let mut keyd = served(&software, &policy, &folder);
    let all = [Operation::Encrypt, Operation::Decrypt, Operation::Evaluate];
    let info = create_of(&mut keyd, KeyKind::Rsa { bits: 2048 }, &all);
    assert_eq!((info.public.n.len(), info.public.hs.len(), info.public.e.as_slice()), (256, 0, &[1, 0, 1][..]));
    for public in [Operation::Encrypt, Operation::Evaluate] {
        let Reply::Lease(lease) = lease(&mut keyd, &info.id, "alice", public) else { panic!() };
        assert!(lease.private.is_none());
    }
    let Reply::Lease(full) = lease(&mut keyd, &info.id, "alice", Operation::Decrypt) else { panic!() };
    assert_eq!(full.private.unwrap().q.len(), 128);
    assert!(matches!(lease(&mut keyd, &info.id, "alice", Operation::Sign), Reply::Refused(Refusal::NotAllowed(_))));
    // A right that is written into the file opens nothing, nor does another kind.
    let path = folder.path().join("keys").join(format!("{}.json", info.id));
    let stored = std::fs::read_to_string(&path).unwrap();
    let mut software = software;
    for (from, to) in [("\"evaluate\"", "\"sign\""), ("\"Rsa\"", "\"Paillier\"")] {
        assert!(stored.contains(from), "{stored}");
        std::fs::write(&path, stored.replace(from, to)).unwrap();
        software = software.reboot();
        let reply = lease(&mut served(&software, &policy, &folder), &info.id, "alice", Operation::Decrypt);
        assert!(matches!(reply, Reply::Refused(Refusal::Unavailable(_))), "{from}: {reply:?}");
    }
    // A Paillier key signs nothing.
    let mut keyd = served(&software.reboot(), &policy, &TempDir::new().unwrap());
    let kind = KeyKind::Paillier { bits: 2048 };
    let request =
        Request::CreateKey { owner: "alice".into(), name: "s".into(), kind, operations: vec![Operation::Sign] };
    assert!(matches!(keyd.answer(request), Reply::Refused(Refusal::Invalid(text)) if text.contains("Sign")));
}

#[test]
fn an_imported_key_is_checked_bound_and_has_no_private_part() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let mut keyd = served(&software, &policy, &folder);
    let own = create(&mut keyd, &[Operation::Encrypt]);
    let n_alone = PublicKey { hs: Vec::new(), ..own.public.clone() };
    let Reply::Key(with) = import(&mut keyd, "with", own.public.clone(), &[Operation::Encrypt]) else { panic!() };
    let Reply::Key(without) = import(&mut keyd, "without", n_alone.clone(), &[Operation::Encrypt]) else { panic!() };
    assert!(with.imported && without.imported && !own.imported && without.public.hs.is_empty());
    let refused = import(&mut keyd, "d", n_alone.clone(), &[Operation::Decrypt]);
    assert!(matches!(refused, Reply::Refused(Refusal::Invalid(text)) if text.contains("private part")));
    let even = PublicKey { n: own.public.n.iter().map(|b| b & 0xfe).collect(), ..n_alone.clone() };
    let refused = import(&mut keyd, "even", even, &[Operation::Encrypt]);
    assert!(matches!(refused, Reply::Refused(Refusal::Invalid(text)) if text.contains("even")));
    let short = PublicKey { n: vec![0xff; 64], ..n_alone };
    let refused = import(&mut keyd, "short", short, &[Operation::Encrypt]);
    assert!(matches!(refused, Reply::Refused(Refusal::Invalid(text)) if text.contains("512 bits")));
    assert!(matches!(lease(&mut keyd, &with.id, "bob", Operation::Decrypt), Reply::Refused(Refusal::NotAllowed(_))));
    let Reply::Lease(good) = lease(&mut keyd, &with.id, "bob", Operation::Encrypt) else { panic!() };
    assert!(good.private.is_none() && good.info.uses == 1);
    // Its file says another owner, and it does not open.
    let path = folder.path().join("keys").join(format!("{}.json", with.id));
    let stored = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, stored.replace("\"bob\"", "\"eve\"")).unwrap();
    let reply = lease(&mut served(&software.reboot(), &policy, &folder), &with.id, "eve", Operation::Encrypt);
    assert!(matches!(reply, Reply::Refused(Refusal::Unavailable(_))), "{reply:?}");
}

#[test]
fn more_keys_than_a_message_holds_are_listed_page_by_page_to_their_owner() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let mut keyd = served(&software, &vendor.policy([0; 32]), &folder);
    let own = create(&mut keyd, &[Operation::Encrypt]);
    for i in 0..KEYS_LISTED + 3 {
        let imported = import(&mut keyd, &format!("k{i}"), own.public.clone(), &[Operation::Encrypt]);
        assert!(matches!(imported, Reply::Key(_)));
    }
    let mut page =
        |owner: &str, after: &str| match keyd.answer(Request::ListKeys { owner: owner.into(), after: after.into() }) {
            Reply::Keys(keys) => keys,
            other => panic!("{other:?}"),
        };
    let first = page("bob", "");
    let second = page("bob", &first[KEYS_LISTED - 1].id);
    assert_eq!((first.len(), second.len()), (KEYS_LISTED, 3));
    assert!(first.iter().chain(&second).map(|k| &k.id).is_sorted());
    assert_eq!(page("alice", "").len(), 1);
    let found = keyd.answer(Request::FindKey { id: own.id.clone(), client: "alice".into() });
    assert!(matches!(found, Reply::Key(info) if info.id == own.id));
    let hidden = keyd.answer(Request::FindKey { id: own.id, client: "bob".into() });
    assert!(matches!(hidden, Reply::Refused(Refusal::NotFound(_))));
}
