//! Keys that end: by their uses, by the clock, and under dual control only with a second person.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ipc::List;
use ipc::keyd::{Deed, KeyInfo, KeyKind, Limits, Operation, Refusal, Reply, Request};
use tempfile::TempDir;

use crate::served::{Person, Served, name, served};
use crate::support::{SoftwareTpm, Vendor};

fn wanted(owner: &str, key: &str, limits: Limits) -> Request {
    let operations = List::new("operations", vec![Operation::Encrypt, Operation::Decrypt]).unwrap();
    Request::CreateKey { owner: name(owner), name: name(key), kind: KeyKind::Rsa { bits: 2048 }, operations, limits }
}

fn create(served: &Served, owner: &str, key: &str, limits: Limits) -> KeyInfo {
    match served.ask(wanted(owner, key, limits)) {
        Reply::Key(info) => info,
        other => panic!("{other:?}"),
    }
}

fn lease(served: &Served, key: &KeyInfo, operation: Operation) -> Reply {
    served.ask(Request::Lease { id: key.id.clone(), client: key.owner.clone(), operation })
}

fn is_refused(reply: &Reply, words: &str) -> bool {
    matches!(reply, Reply::Refused(Refusal::Unavailable(text)) if text.as_str().contains(words))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn a_key_with_so_many_uses_has_no_more_after_a_restart_nor_with_another_count_in_its_file() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let first = served(&software, &policy, &folder);
    let key = create(&first, "alice", "k", Limits { uses_max: 2, ..Limits::default() });
    assert!(matches!(lease(&first, &key, Operation::Decrypt), Reply::Lease(_)));
    assert!(matches!(lease(&first, &key, Operation::Encrypt), Reply::Lease(_)), "what is public does not count");
    drop(first);
    let path = folder.path().join("keys").join(format!("{}.json", key.id));
    let stored = fs::read_to_string(&path).unwrap();
    let changed = stored.replace("\"private_uses\":1", "\"private_uses\":0");
    assert_ne!(stored, changed);
    fs::write(&path, changed).unwrap();
    let software = software.reboot();
    let forged = served(&software, &policy, &folder);
    assert!(is_refused(&lease(&forged, &key, Operation::Decrypt), "changed"));
    drop(forged);
    fs::write(&path, stored).unwrap();
    let software = software.reboot();
    let later = served(&software, &policy, &folder);
    let Reply::Lease(last) = lease(&later, &key, Operation::Decrypt) else { panic!() };
    assert_eq!((last.info.uses, last.info.private_uses), (3, 2));
    for _ in 0..2 {
        assert!(is_refused(&lease(&later, &key, Operation::Decrypt), "used up"));
    }
    assert!(matches!(lease(&later, &key, Operation::Encrypt), Reply::Lease(_)));
}

#[test]
fn a_key_ends_at_its_time_and_none_is_made_that_has_ended() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let served = served(&software, &vendor.policy([0; 32]), &folder);
    let expires = now() + 4;
    let key = create(&served, "alice", "k", Limits { expires, ..Limits::default() });
    assert!(matches!(lease(&served, &key, Operation::Decrypt), Reply::Lease(_)));
    while now() < expires {
        std::thread::sleep(Duration::from_millis(100));
    }
    for operation in [Operation::Decrypt, Operation::Encrypt] {
        assert!(is_refused(&lease(&served, &key, operation), "expired"));
    }
    let refused = served.refusal(wanted("alice", "late", Limits { expires, ..Limits::default() }));
    assert!(matches!(refused, Refusal::Invalid(text) if text.as_str().contains("expired already")));
}

#[test]
fn under_dual_control_a_key_ends_only_by_a_second_administrators_own_word() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let served = served(&software, &vendor.policy([0; 32]), &folder);
    let admin = served.administrator();
    let (second, operator) =
        (served.client(&admin, "second", "administrator"), served.client(&admin, "bob", "operator"));
    let dual = Limits { dual_control: true, ..Limits::default() };
    let (key, other) = (create(&served, "administrator", "k", dual), create(&served, "bob", "o", dual));

    let Reply::Asked(asked) = served.ask(admin.destroy(&served, &key.id)) else { panic!() };
    assert_eq!((asked.deed, asked.keys.as_slice()[0].id == key.id, asked.approved), (Deed::Destroy, true, false));
    assert_eq!(served.requests(), std::slice::from_ref(&asked));
    assert!(matches!(lease(&served, &key, Operation::Decrypt), Reply::Lease(_)), "nothing has happened to it");

    // Not who asked, not an operator, not for another request, not with a word that was used, not for what was not shown.
    let refused = |person: &Person, asked: &ipc::keyd::Asked| served.refusal(person.approve(&served, asked, b""));
    assert!(
        matches!(refused(&admin, &asked), Refusal::NotAllowed(text) if text.as_str().contains("another administrator"))
    );
    assert!(matches!(refused(&operator, &asked), Refusal::NotAllowed(_)));
    let Reply::Asked(others) = served.ask(operator.destroy(&served, &other.id)) else { panic!() };
    let Request::Approve { given, proof, .. } = second.approve(&served, &others, b"") else { panic!() };
    let swapped = Request::Approve { request: asked.id.clone(), given, proof };
    assert!(matches!(served.refusal(swapped), Refusal::NotAllowed(_)));
    let mut lie = asked.clone();
    lie.keys = others.keys.clone();
    assert!(matches!(refused(&second, &lie), Refusal::NotAllowed(_)), "what the service showed was another key");
    assert!(matches!(lease(&served, &key, Operation::Decrypt), Reply::Lease(_)));

    let agreed = second.approve(&served, &asked, b"");
    assert!(matches!(served.ask(agreed), Reply::Approved { keys: 1 }), "the control: her word for this");
    assert!(matches!(lease(&served, &key, Operation::Decrypt), Reply::Refused(Refusal::NotFound(_))));
    assert!(matches!(refused(&second, &asked), Refusal::NotFound(_)), "it is good once");
    // An operator may ask; one who was revoked since asks for nothing.
    let serial = served.clients().into_iter().find(|c| c.name == *"bob").unwrap().serial;
    let proof = admin.proof(&served, accounts::statement::Action::Revoke { serial: serial.as_str() });
    assert!(matches!(served.ask(Request::Revoke { serial, proof }), Reply::Revoked));
    assert!(matches!(refused(&second, &others), Refusal::NotAllowed(text) if text.as_str().contains("bob")));
    let lines = served.log.lines.lock().unwrap().clone();
    for line in ["administrator: ask for destroy", "bob: ask for destroy", "second: approve destroy"] {
        assert!(lines.iter().any(|l| l == line), "{line}: {lines:?}");
    }
}
