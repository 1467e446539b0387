//! Files that are damaged or of another release: each costs what is in it, is kept, and is told of. Keys have more to lose.

use std::fs;
use std::path::Path;

use ipc::keyd::{KeyKind, Limits, Operation, Refusal, Reply, Request};
use ipc::{Bytes, List};
use tempfile::TempDir;

use crate::served::{Served, caller, name, served, vault_file};
use crate::support::{SoftwareTpm, Vendor};

fn create(served: &Served, owner: &str, key: &str) -> ipc::keyd::KeyInfo {
    let operations = List::new("operations", vec![Operation::Encrypt, Operation::Decrypt]).unwrap();
    let kind = KeyKind::Paillier { bits: 2048 };
    match served.ask(Request::CreateKey {
        owner: name(owner),
        name: name(key),
        kind,
        operations,
        limits: Limits::default(),
    }) {
        Reply::Key(info) => info,
        other => panic!("{other:?}"),
    }
}

fn lease(served: &Served, id: &str) -> Reply {
    served.ask(Request::Lease { id: name(id), client: name("alice"), operation: Operation::Decrypt })
}

/// Ways in which a file can be wrong.
fn spoil(path: &Path, way: usize) {
    let content = fs::read(path).unwrap();
    let spoilt = match way {
        0 => content[..content.len() / 2].to_vec(),
        1 => Vec::new(),
        2 => String::from_utf8(content).unwrap().replacen("\"version\":", "\"version\":9", 1).into_bytes(),
        3 => String::from_utf8(content).unwrap().replacen("\"content\":{", "\"content\":{\"newer\":1,", 1).into_bytes(),
        _ => vec![0xff; 100],
    };
    fs::write(path, spoilt).unwrap();
}

#[test]
fn a_damaged_key_file_costs_its_key_and_nothing_else() {
    let (mut software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let (good, bad) = {
        let served = served(&software, &policy, &folder);
        (create(&served, "alice", "good"), create(&served, "alice", "bad"))
    };
    let path = folder.path().join("keys").join(format!("{}.json", bad.id));
    let whole = fs::read(&path).unwrap();
    for way in 0..5 {
        fs::write(&path, &whole).unwrap();
        spoil(&path, way);
        software = software.reboot();
        let served = served(&software, &policy, &folder);
        assert!(served.troubles.len() == 1 && served.troubles[0].contains(bad.id.as_str()), "{:?}", served.troubles);
        assert!(matches!(lease(&served, good.id.as_str()), Reply::Lease(_)), "{way}");
        let refused = lease(&served, bad.id.as_str());
        assert!(matches!(refused, Reply::Refused(Refusal::Unavailable(text)) if text.as_str().contains("damaged")));
        assert!(path.exists(), "nothing is deleted");
    }
    fs::write(&path, &whole).unwrap();
    let software = software.reboot();
    let served = served(&software, &policy, &folder);
    assert!(matches!(lease(&served, bad.id.as_str()), Reply::Lease(_)));
}

#[test]
fn every_other_file_that_cannot_be_read_is_set_aside_and_told_of() {
    let (mut software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    {
        let served = served(&software, &policy, &folder);
        served.administrator();
        let auditd = caller(&served.keyd, "auditd", &["sign-head"], drop);
        let head = Request::SignHead { number: 7, hash: Bytes::new("hash", [1; 32]).unwrap() };
        assert!(matches!(auditd.call(&head, crate::served::WAIT).unwrap().0, Reply::Head { .. }));
    }
    let vault = vault_file(&folder).file_name().unwrap().to_str().unwrap().to_string();
    for file in ["accounts.json", &vault, "identity.json", "audit-head.json"] {
        for way in 0..5 {
            let path = folder.path().join(file);
            let whole = fs::read(&path).unwrap();
            spoil(&path, way);
            software = software.reboot();
            let served = served(&software, &policy, &folder);
            assert!(served.troubles.iter().any(|t| t.starts_with(file)), "{file} {way}: {:?}", served.troubles);
            drop(served);
            let aside = fs::read_dir(folder.path()).unwrap().flatten();
            let kept =
                aside.filter(|e| e.file_name().to_string_lossy().starts_with(&format!("{file}.set-aside"))).count();
            assert_eq!(kept, way + 1, "{file}");
            put_back(&folder, &path, &whole);
        }
    }
}

/// A digit of what the TPM made, or of a certificate: the file reads well, and is not what it was.
#[test]
fn a_file_with_one_wrong_digit_is_set_aside_too() {
    let (mut software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    drop(served(&software, &policy, &folder));
    let vault = vault_file(&folder).file_name().unwrap().to_str().unwrap().to_string();
    for (file, field) in [
        (vault.as_str(), "\"private\":\""),
        (&vault, "\"table\":\""),
        ("identity.json", "\"service\":{\"public\":\""),
        ("identity.json", "\"authority_certificate\":\""),
        ("identity.json", "\"service_certificate\":\""),
    ] {
        let path = folder.path().join(file);
        let whole = fs::read_to_string(&path).unwrap();
        // In the middle of the value, where it is content and no length.
        let start = whole.find(field).unwrap() + field.len();
        let at = start + whole[start..].find('"').unwrap() / 2;
        let digit = if whole.as_bytes()[at] == b'0' { "1" } else { "0" };
        fs::write(&path, format!("{}{digit}{}", &whole[..at], &whole[at + 1..])).unwrap();
        software = software.reboot();
        let served = served(&software, &policy, &folder);
        assert!(served.troubles.iter().any(|t| t.starts_with(file)), "{file} {field}: {:?}", served.troubles);
        drop(served);
        put_back(&folder, &path, whole.as_bytes());
    }
}

/// As it was; a vault that was made in its place goes.
fn put_back(folder: &TempDir, path: &Path, whole: &[u8]) {
    if path.file_name().unwrap().to_str().unwrap().starts_with("vault-") {
        fs::remove_file(vault_file(folder)).unwrap();
    }
    fs::write(path, whole).unwrap();
}

#[test]
fn a_name_that_owns_keys_is_nobody_elses_even_if_the_accounts_are_lost() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    {
        let served = served(&software, &policy, &folder);
        let admin = served.administrator();
        served.client(&admin, "alice", "operator");
        create(&served, "alice", "k");
        create(&served, "administrator", "k");
    }
    spoil(&folder.path().join("accounts.json"), 1);
    let software = software.reboot();
    let served = served(&software, &policy, &folder);
    let admin = served.administrator();
    assert_eq!(admin.name.as_str(), "administrator-2");
    let heir = crate::served::Person::new("alice", crate::served::code("heir"));
    assert!(matches!(served.refusal(admin.new_code(&served, &heir, "operator")), Refusal::Exists(_)));
}
