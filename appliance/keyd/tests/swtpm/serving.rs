//! What computed sees of keyd: keys that only their owner may use, for what they allow, on this TPM alone.

use keyd::serve::Keyd;
use keyd::tpm::{LATE_PHASES, Tpm};
use protocols::control::PcrPolicy;
use protocols::keyd::{KeyInfo, KeyKind, Operation, Refusal, Reply, Request};
use tempfile::TempDir;

use crate::support::{SoftwareTpm, Vendor};

fn served(software: &SoftwareTpm, policy: &PcrPolicy, folder: &TempDir) -> Keyd {
    let mut tpm = Tpm::open(software.tcti()).unwrap();
    tpm.extend_phase("enter-initrd").unwrap();
    LATE_PHASES.iter().for_each(|phase| tpm.extend_phase(phase).unwrap());
    Keyd::open(tpm, policy, folder.path()).unwrap()
}

fn create(keyd: &mut Keyd, operations: &[Operation]) -> KeyInfo {
    let request = Request::CreateKey {
        owner: "alice".into(),
        name: "k".into(),
        kind: KeyKind::Paillier { bits: 2048 },
        operations: operations.to_vec(),
    };
    match keyd.answer(request) {
        Reply::Key(info) => info,
        other => panic!("{other:?}"),
    }
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
