//! A TPM that was replaced or cleared, and a system in which the vault stays closed: who gets in again, who does not, and what is lost.

use std::fs;
use std::time::{Duration, Instant};

use accounts::statement::Action;
use ipc::Bytes;
use ipc::control::PcrPolicy;
use ipc::keyd::{Certificate, KeyInfo, KeyKind, KeyState, Limits, Operation, Refusal, Reply, Request};
use keyd::{Boot, Opened};
use tempfile::TempDir;

use crate::served::{Person, Served, WAIT, code, name, served, vault_file};
use crate::support::{SoftwareTpm, Vendor, in_last_phase};

/// A box with an administrator, alice, who has a key, and bob.
struct Before {
    software: SoftwareTpm,
    policy: PcrPolicy,
    folder: TempDir,
    admin: Person,
    alice: Person,
    key: KeyInfo,
}

fn before() -> Before {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    let served = served(&software, &policy, &folder);
    assert!(served.keyd.losses().unwrap().is_empty());
    let admin = served.administrator();
    let alice = served.client(&admin, "alice", "operator");
    served.client(&admin, "bob", "auditor");
    let key = create(&served, "alice", "k").unwrap();
    drop(served);
    Before { software, policy, folder, admin, alice, key }
}

fn create(served: &Served, owner: &str, key: &str) -> Result<KeyInfo, Refusal> {
    let operations = ipc::List::new("operations", vec![Operation::Encrypt, Operation::Decrypt]).unwrap();
    let kind = KeyKind::Paillier { bits: 2048 };
    match served.ask(Request::CreateKey {
        owner: name(owner),
        name: name(key),
        kind,
        operations,
        limits: Limits::default(),
    }) {
        Reply::Key(info) => Ok(info),
        Reply::Refused(refusal) => Err(refusal),
        other => panic!("{other:?}"),
    }
}

fn lease(served: &Served, key: &KeyInfo, operation: Operation) -> Reply {
    served.ask(Request::Lease { id: key.id.clone(), client: key.owner.clone(), operation })
}

fn keys(served: &Served, owner: &str) -> Vec<KeyInfo> {
    match served.ask(Request::ListKeys { owner: name(owner), after: name("") }) {
        Reply::Keys(keys) => keys.into_vec(),
        other => panic!("{other:?}"),
    }
}

/// With `signer`'s key, for the name `called`, a certificate for `new`'s key.
fn renewal(served: &Served, signer: &Person, called: &str, new: &Person) -> Request {
    let csr = Bytes::new("csr", new.csr.clone()).unwrap();
    let as_named = Person { name: name(called), key: rekeyed(signer), csr: Vec::new(), code: code("none") };
    let proof = as_named.proof(served, Action::Renew { csr: csr.as_slice(), valid_s: 0 });
    Request::Renew { csr, valid_s: 0, proof }
}

fn rekeyed(person: &Person) -> rcgen::KeyPair {
    rcgen::KeyPair::try_from(person.key.serialize_der().as_slice()).unwrap()
}

/// As `coffer renew` does it: a new key, and the certificate is used.
fn renewed(served: &Served, old: &Person) -> (Person, Certificate) {
    let new = Person::new(old.name.as_str(), code("new"));
    let Reply::Certificate(certificate) = served.ask(renewal(served, old, old.name.as_str(), &new)) else { panic!() };
    let serial = certificate.client.serial.clone();
    assert!(matches!(served.ask(Request::Confirm { serial }), Reply::Confirmed));
    (new, certificate)
}

fn void(served: &Served) -> Vec<String> {
    served.clients().into_iter().filter(|c| c.void).map(|c| c.name.into_string()).collect()
}

/// Lines of the log with this action, once there are so many.
fn lines(served: &Served, action: &str, count: usize) -> Vec<String> {
    let until = Instant::now() + WAIT;
    loop {
        let all = served.log.details.lock().unwrap().clone();
        let found: Vec<String> = all.into_iter().filter(|l| l.starts_with(action)).collect();
        if found.len() >= count {
            return found;
        }
        assert!(Instant::now() < until, "{found:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn after_another_tpm_everybody_comes_back_with_the_own_key_and_the_screen_says_how() {
    let Before { software, policy, folder, admin, alice, key } = before();
    let other = SoftwareTpm::new();
    let served = served(&other, &policy, &folder);
    assert!(served.troubles.is_empty(), "it is no reason of degraded: {:?}", served.troubles);
    let said = served.keyd.losses().unwrap();
    assert!(said[0].contains("void by it: 3 (administrator, alice, bob)"), "{said:?}");
    assert!(said[2].starts_with("on its machine: coffer renew --host ADDRESS --pin "), "{said:?}");
    assert!(said[3].starts_with("keys that are lost: 1 "), "{said:?}");
    assert!(said.iter().all(|line| line.len() <= 200 && line.is_ascii()), "{said:?}");
    served.keyd.record_losses().unwrap();
    assert_eq!(lines(&served, "new identity", 1).len(), 1);
    assert_eq!(lines(&served, "certificate void", 3).len(), 3);
    let lost = lines(&served, "key lost", 1);
    assert!(lost[0].contains("\"name\":\"k\"") && lost[0].contains("\"owner\":\"alice\""), "{lost:?}");
    let mut all = void(&served);
    all.sort();
    assert_eq!(all, ["administrator", "alice", "bob"]);

    // Whoever stands there becomes an administrator of another name, with a code that nobody had to ask for.
    let second = served.administrator();
    assert_eq!(second.name.as_str(), "administrator-2");
    let pin = said[2].rsplit(' ').next().unwrap();
    assert!(served.keyd.screen_code().unwrap()[0].starts_with(&format!("pairing code {pin}-")), "{pin}");

    // The key is lost, and says so; its owner may still destroy it.
    assert_eq!(keys(&served, "alice")[0].state, KeyState::OtherTpm);
    for operation in [Operation::Decrypt, Operation::Encrypt] {
        let Reply::Refused(Refusal::Unavailable(text)) = lease(&served, &key, operation) else { panic!() };
        assert!(text.as_str().contains("lost: sealed to a TPM that was replaced"), "{text}");
    }
    let destroy = alice.destroy(&served, &key.id);
    assert!(matches!(served.refusal(destroy), Refusal::NotAllowed(text) if text.as_str().contains("void")));

    // Each with its own key: name, role and keys are its own as before.
    let (alice, certificate) = renewed(&served, &alice);
    assert_eq!((certificate.client.name.as_str(), certificate.client.role.as_str()), ("alice", "operator"));
    assert!(is_issued_by(&served, certificate.der.as_slice()));
    assert!(!void(&served).contains(&"alice".to_string()));
    let fresh = create(&served, "alice", "k2").unwrap();
    assert!(matches!(lease(&served, &fresh, Operation::Decrypt), Reply::Lease(_)));
    assert!(matches!(served.ask(alice.destroy(&served, &key.id)), Reply::Destroyed));
    let (admin, _) = renewed(&served, &admin);
    served.client(&admin, "carol", "operator");
    assert!(served.keyd.first_code().unwrap().is_none());
    let said = served.keyd.losses().unwrap();
    assert!(said[0].contains("void by it: 1 (bob)"), "{said:?}");
    drop(served);

    // The old TPM is put back: the old identity, and what was made meanwhile is lost instead.
    let software = software.reboot();
    let back = crate::served::served(&software, &policy, &folder);
    assert!(back.troubles.is_empty());
    assert!(!void(&back).contains(&"bob".to_string()) && void(&back).contains(&"alice".to_string()));
    assert_eq!(keys(&back, "alice").iter().map(|k| k.state).collect::<Vec<_>>(), [KeyState::OtherTpm]);
    let (alice, _) = renewed(&back, &alice);
    assert!(matches!(back.ask(alice.destroy(&back, &fresh.id)), Reply::Destroyed));
    assert!(create(&back, "alice", "k3").is_ok());
}

#[test]
fn nobody_else_takes_a_name_and_nothing_of_the_old_box_counts_in_the_new_one() {
    let Before { software, policy, folder, admin, alice, .. } = before();
    let software = software.reboot();
    let old = served(&software, &policy, &folder);
    let Reply::Identity(old_identity) = old.ask(Request::Identity) else { panic!() };
    let stale = alice.proof(&old, Action::Renew { csr: &alice.csr, valid_s: 0 });
    drop(old);
    let other = SoftwareTpm::new();
    let served = served(&other, &policy, &folder);
    assert!(!is_issued_by(&served, old_identity.service.as_slice()), "another authority");
    let second = served.administrator();
    // A code for the name, from the new administrator.
    let heir = Person::new("alice", code("heir"));
    assert!(matches!(served.refusal(second.new_code(&served, &heir, "operator")), Refusal::Exists(_)));
    // A code for an own name, shown for hers.
    let mallory = Person::new("mallory", code("mallory"));
    assert!(matches!(served.ask(second.new_code(&served, &mallory, "operator")), Reply::CodeOpen { .. }));
    let Request::Enrol { csr, signature, valid_s, address, .. } = mallory.enrol_request() else { panic!() };
    let as_alice = Request::Enrol { name: name("alice"), csr, signature, valid_s, address };
    assert!(matches!(served.refusal(as_alice), Refusal::Invalid(text) if text.as_str().contains("mallory")));
    mallory.enrols(&served).unwrap();
    // Renewal of her name: with his key, an administrator's old key, the new administrator's.
    for thief in [&mallory, &admin, &second] {
        let renewal = renewal(&served, thief, "alice", &mallory);
        assert!(matches!(served.refusal(renewal), Refusal::NotAllowed(_)), "{}", thief.name);
    }
    // Her own word of before, to the box as it was.
    let csr = Bytes::new("csr", alice.csr.clone()).unwrap();
    assert!(matches!(served.refusal(Request::Renew { csr, valid_s: 0, proof: stale }), Refusal::NotAllowed(_)));
    // Her word, with his certificate request under it.
    let Request::Renew { valid_s, proof, .. } = renewal(&served, &alice, "alice", &alice) else { panic!() };
    let csr = Bytes::new("csr", mallory.csr.clone()).unwrap();
    assert!(matches!(served.refusal(Request::Renew { csr, valid_s, proof }), Refusal::NotAllowed(_)));
    // An old administrator's word, but for its own renewal.
    let carol = Person::new("carol", code("carol"));
    let refused = served.refusal(admin.new_code(&served, &carol, "administrator"));
    assert!(matches!(refused, Refusal::NotAllowed(text) if text.as_str().contains("void")));
    // Whose key is lost as well is revoked, by the void certificate: then nobody renews it.
    let serial = served.clients().into_iter().find(|c| c.name == *"alice").unwrap().serial;
    let proof = second.proof(&served, Action::Revoke { serial: serial.as_str() });
    assert!(matches!(served.ask(Request::Revoke { serial, proof }), Reply::Revoked));
    assert!(matches!(served.refusal(renewal(&served, &alice, "alice", &alice)), Refusal::NotAllowed(_)));
    assert!(served.keyd.losses().unwrap()[0].contains("void by it: 2 (administrator, bob)"));
}

#[test]
fn a_cleared_tpm_and_a_damaged_identity_are_new_identities_too_and_cost_no_more() {
    let Before { software, policy, folder, alice, key, .. } = before();
    fs::write(folder.path().join("identity.json"), "{").unwrap();
    let software = software.reboot();
    let damaged = served(&software, &policy, &folder);
    assert_eq!(damaged.troubles.len(), 1, "{:?}", damaged.troubles);
    assert_eq!(void(&damaged).len(), 3);
    assert!(matches!(lease(&damaged, &key, Operation::Decrypt), Reply::Lease(_)), "the vault is as it was");
    assert_eq!(damaged.keyd.losses().unwrap().len(), 3, "and no key is called lost");
    let (alice, _) = renewed(&damaged, &alice);
    drop(damaged);

    let software = software.reboot();
    software.clear();
    let cleared = served(&software, &policy, &folder);
    assert_eq!(void(&cleared).len(), 3);
    assert_eq!(keys(&cleared, "alice")[0].state, KeyState::OtherTpm);
    renewed(&cleared, &alice);
    drop(cleared);
    // Told of once in the log; on the screen until it is made good.
    let software = software.reboot();
    let later = served(&software, &policy, &folder);
    later.keyd.record_losses().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(later.log.details.lock().unwrap().iter().all(|l| !l.starts_with("key lost") && !l.starts_with("cert")));
    assert!(later.keyd.losses().unwrap()[0].contains("void by it: 2 "));
    assert!(later.keyd.first_code().unwrap().is_some(), "no administrator has come back yet");
}

/// After a recovery the box runs in a system that the TPM opens nothing for: keyd says why, and all waits for the right one.
#[test]
fn in_a_system_that_does_not_fit_nothing_opens_and_nothing_is_lost() {
    let Before { software, policy, folder, key, .. } = before();
    let content = || {
        let vault = vault_file(&folder);
        ["identity.json", "accounts.json"]
            .map(|f| folder.path().join(f))
            .into_iter()
            .chain([vault])
            .map(|f| fs::read(f).unwrap())
            .collect::<Vec<_>>()
    };
    let before = content();
    let mut software = software.reboot();
    let not_signed = Vendor::new().policy([0; 32]);
    let unreadable = PcrPolicy { signature_json: "{".into(), ..policy.clone() };
    for (given, extended, words) in
        [(&policy, true, "PCR 12"), (&not_signed, false, "another vendor"), (&unreadable, false, "policy")]
    {
        if extended {
            software.extend_pcr12();
        }
        let why = not_opened(&software, given, &folder);
        assert!(why.contains(words), "{why}");
        assert!(content() == before, "nothing is touched");
        software = software.reboot();
    }
    software.extend_pcr7();
    let why = not_opened(&software, &policy, &folder);
    assert!(why.contains("Secure Boot"), "{why}");
    // The recovery key opens a box whose TPM keeps other hashes alone: nothing is lost by that either.
    let software = software.with_bank("sha1");
    let why = not_opened(&software, &policy, &folder);
    assert!(why.contains("SHA-256 bank"), "{why}");
    let software = software.with_bank("sha256");
    let served = served(&software, &policy, &folder);
    assert!(served.troubles.is_empty());
    assert!(matches!(lease(&served, &key, Operation::Decrypt), Reply::Lease(_)));
}

/// A box that never had a vault makes none in such a system.
#[test]
fn a_first_start_with_extra_parameters_makes_nothing() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    software.extend_pcr12();
    assert!(not_opened(&software, &policy, &folder).contains("PCR 12"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let software = software.reboot();
    let served = served(&software, &policy, &folder);
    served.administrator();
    assert!(create(&served, "administrator", "k").is_ok());
}

/// Why keyd opens nothing in this system, which must be the system's fault and nothing else.
fn not_opened(software: &SoftwareTpm, policy: &PcrPolicy, folder: &TempDir) -> String {
    let Err(why) = Opened::new(in_last_phase(software, policy), policy, Boot::default(), folder.path()) else {
        panic!("it opens")
    };
    assert!(why.is_of_this_system(), "{why:?}");
    keyd::chain(&why)
}

/// Whether the box's authority signed this certificate.
fn is_issued_by(served: &Served, der: &[u8]) -> bool {
    use x509_parser::prelude::{FromDer, X509Certificate};
    let Reply::Identity(identity) = served.ask(Request::Identity) else { panic!() };
    let authority = X509Certificate::from_der(identity.authority.as_slice()).unwrap().1;
    let certificate = X509Certificate::from_der(der).unwrap().1;
    let signature = ring::signature::UnparsedPublicKey::new(
        &ring::signature::ECDSA_P256_SHA256_ASN1,
        authority.public_key().subject_public_key.data.as_ref(),
    );
    signature.verify(certificate.tbs_certificate.as_ref(), &certificate.signature_value.data).is_ok()
}
