//! Who the clients are, and what whoever took computed over can do with its channel: lease keys, and nothing that a client would
//! have to sign.

use accounts::statement::Action;
use ipc::keyd::{KeyInfo, KeyKind, Limits, Operation, Refusal, Reply, Request};
use ipc::{Bytes, List};
use std::sync::atomic::Ordering;
use tempfile::TempDir;

use crate::served::{Person, Served, WAIT, caller, code, name, served, transcript};
use crate::support::{SoftwareTpm, Vendor};

fn start() -> (Served, SoftwareTpm, TempDir, Vendor) {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    (served(&software, &vendor.policy([0; 32]), &folder), software, folder, vendor)
}

fn key_of(served: &Served, owner: &Person) -> KeyInfo {
    let operations = List::new("operations", vec![Operation::Encrypt, Operation::Decrypt]).unwrap();
    let kind = KeyKind::Paillier { bits: 2048 };
    match served.ask(Request::CreateKey {
        owner: owner.name.clone(),
        name: name("k"),
        kind,
        operations,
        limits: Limits::default(),
    }) {
        Reply::Key(info) => info,
        other => panic!("{other:?}"),
    }
}

#[test]
fn from_the_code_on_the_screen_to_the_second_client_and_its_end() {
    let (served, _software, _folder, _vendor) = start();
    let admin = served.administrator();
    assert!(served.keyd.first_code().unwrap().is_none(), "the box has its administrator");
    assert_eq!(served.clients().iter().filter(|c| c.confirmed).count(), 1);
    let bob = served.client(&admin, "bob", "operator");
    let known = served.clients();
    let his = known.iter().find(|c| c.name == *"bob").unwrap();
    assert_eq!((his.role.as_str(), his.confirmed, his.revoked), ("operator", true, false));
    assert!(matches!(bob.enrols(&served), Err(Refusal::NotAllowed(_))), "the code is used up");
    let proof = admin.proof(&served, Action::Revoke { serial: his.serial.as_str() });
    assert!(matches!(served.ask(Request::Revoke { serial: his.serial.clone(), proof }), Reply::Revoked));
    assert!(served.clients().iter().find(|c| c.name == *"bob").unwrap().revoked);
    // Every change was told of.
    assert!(served.notices.try_iter().count() >= 5);
    let lines = served.log.lines.lock().unwrap().clone();
    for line in
        ["administrator: enrol", "administrator: new pairing code", "bob: enrol", "administrator: revoke client"]
    {
        assert!(lines.iter().any(|l| l == line), "{line}: {lines:?}");
    }
    // A code at the screen later is for another name: a name is nobody else's.
    assert!(served.keyd.screen_code().unwrap()[1].contains("administrator-2"));
}

#[test]
fn computed_taken_over_leases_keys_and_mints_destroys_and_renames_nothing() {
    let (served, _software, _folder, _vendor) = start();
    let admin = served.administrator();
    let bob = served.client(&admin, "bob", "operator");
    let key = key_of(&served, &bob);
    let lease = Request::Lease { id: key.id.clone(), client: name("bob"), operation: Operation::Decrypt };
    assert!(matches!(served.ask(lease), Reply::Lease(_)), "the control: this it may");

    // A certificate: without a code, with a code of its own, with somebody's signature under its own request.
    let thief = Person::new("thief", code("thief"));
    assert!(matches!(thief.enrols(&served), Err(Refusal::NotAllowed(_))));
    let made_up = thief.new_code(&served, &thief, "administrator");
    assert!(matches!(served.refusal(made_up), Refusal::NotAllowed(_)), "the thief is no client");
    let carol = Person::new("carol", code("carol"));
    let Request::NewCode { name: carols, role, valid_s, proof, .. } = admin.new_code(&served, &carol, "operator")
    else {
        panic!()
    };
    let own_code = Bytes::new("code", thief.code.public()).unwrap();
    let swapped = Request::NewCode { name: carols, role, code: own_code, valid_s, proof };
    assert!(matches!(served.refusal(swapped), Refusal::NotAllowed(_)), "the code's key was swapped on its way");
    assert!(matches!(served.ask(admin.new_code(&served, &carol, "operator")), Reply::CodeOpen { .. }));
    let Request::Enrol { signature, valid_s, address, .. } = carol.enrol_request() else { panic!() };
    let csr = Bytes::new("csr", thief.csr.clone()).unwrap();
    let swapped = Request::Enrol { name: name(""), csr, signature, valid_s, address };
    assert!(matches!(served.refusal(swapped), Refusal::NotAllowed(_)), "the request was swapped on its way");
    carol.enrols(&served).unwrap();

    // A key: without its owner's word, with another client's, and with a word that was used.
    let unsigned = admin.destroy(&served, &key.id);
    assert!(matches!(served.refusal(unsigned), Refusal::NotFound(_)), "an administrator's word is no owner's");
    let Request::DestroyKey { proof, .. } = bob.destroy(&served, &name("other")) else { panic!() };
    let replayed = Request::DestroyKey { id: key.id.clone(), proof };
    assert!(matches!(served.refusal(replayed), Refusal::NotAllowed(_)), "his word is about another key");
    let Request::DestroyKey { id, proof } = bob.destroy(&served, &key.id) else { panic!() };
    let again = Request::DestroyKey { id: id.clone(), proof: proof.clone() };
    assert!(matches!(served.ask(Request::DestroyKey { id, proof }), Reply::Destroyed), "the control: his own word");
    assert!(matches!(served.refusal(again), Refusal::NotAllowed(text) if text.as_str().contains("challenge")));

    // The log's past, the TPM beside what it is for, heads.
    let proof = admin.proof(&served, Action::ReadAuditLog);
    assert!(matches!(served.refusal(Request::CheckReader { proof }), Refusal::NotAllowed(_)));
    let head = Request::SignHead { number: 0, hash: Bytes::new("hash", [0; 32]).unwrap() };
    assert!(matches!(served.refusal(head), Refusal::NotAllowed(_)));
}

#[test]
fn computed_taken_over_does_not_starve_others() {
    let (served, _software, _folder, _vendor) = start();
    let other = caller(&served.keyd, "auditd", &["sign-head", "check-reader"], drop);
    // As many signatures as may be on their way, again and again, from a thread of its own.
    let computed = served.computed.clone();
    let flood = std::thread::spawn(move || {
        for _ in 0..3000 {
            let _ = computed.send(&Request::SignTls { message: transcript() }, drop);
        }
    });
    for number in 0..5 {
        let request = Request::SignHead { number, hash: Bytes::new("hash", [7; 32]).unwrap() };
        let head = other.call(&request, WAIT).unwrap().0;
        assert!(matches!(head, Reply::Head { heads, losses: 0, .. } if heads == number), "{head:?}");
    }
    flood.join().unwrap();
}

/// A client that asks for evidence again and again holds up no handshake, and one that makes many keys nobody else's.
#[test]
fn what_one_client_asks_for_is_not_in_anothers_way() {
    let (served, _software, _folder, _vendor) = start();
    let admin = served.administrator();
    for _ in 0..50 {
        let _ = served.computed.send(&Request::Evidence { nonce: Bytes::new("nonce", [7; 16]).unwrap() }, drop);
    }
    assert!(matches!(served.ask(Request::SignTls { message: transcript() }), Reply::Signature(_)));
    let (sender, made) = std::sync::mpsc::channel();
    let create = |owner: &str, key: &str| {
        let operations = List::new("operations", vec![Operation::Encrypt]).unwrap();
        Request::CreateKey {
            owner: name(owner),
            name: name(key),
            kind: KeyKind::Paillier { bits: 2048 },
            operations,
            limits: Limits::default(),
        }
    };
    for n in 0..40 {
        let sender = sender.clone();
        let owner = admin.name.as_str();
        served
            .computed
            .send(&create(owner, &format!("k{n}")), move |a| {
                let _ = sender.send(a.is_ok());
            })
            .unwrap();
    }
    assert!(matches!(served.ask(create("bob", "k")), Reply::Key(_)));
    assert!(made.try_iter().count() < 10, "bob's key came before most of the others");
}

#[test]
fn a_peer_that_has_gone_leaves_nothing_behind() {
    let (served, _software, _folder, _vendor) = start();
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    for _ in 0..30 {
        drop(caller(&served.keyd, "computed", &["clients"], drop));
    }
    let until = std::time::Instant::now() + WAIT;
    while threads() > before + 3 {
        assert!(std::time::Instant::now() < until, "{} threads, {before} before", threads());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn quick_answers_do_not_wait_for_slow_ones_and_a_full_log_stops_work_alone() {
    let (served, _software, _folder, _vendor) = start();
    let admin = served.administrator();
    let (sender, made) = std::sync::mpsc::channel();
    let operations = List::new("operations", vec![Operation::Encrypt]).unwrap();
    let kind = KeyKind::Paillier { bits: 4096 };
    let request = Request::CreateKey {
        owner: admin.name.clone(),
        name: name("slow"),
        kind,
        operations,
        limits: Limits::default(),
    };
    served.computed.send(&request, move |answer| sender.send(answer.unwrap().0).unwrap()).unwrap();
    let keys = served.ask(Request::ListKeys { owner: admin.name.clone(), after: name("") });
    assert!(matches!(keys, Reply::Keys(keys) if keys.as_slice().is_empty()), "the list came while the key was made");
    let Reply::Key(key) = made.recv_timeout(WAIT).unwrap() else { panic!() };

    served.log.is_full.store(true, Ordering::Relaxed);
    let bob = Person::new("bob", code("bob"));
    let refused = served.refusal(admin.new_code(&served, &bob, "operator"));
    assert!(matches!(refused, Refusal::Unavailable(text) if text.as_str().contains("the disk is full")));
    let lease = Request::Lease { id: key.id.clone(), client: admin.name.clone(), operation: Operation::Encrypt };
    assert!(matches!(served.ask(lease), Reply::Lease(_)), "a public key is counted");
    assert!(matches!(served.ask(admin.destroy(&served, &key.id)), Reply::Destroyed), "what frees room goes on");
}

#[test]
fn a_certificate_is_renewed_with_the_old_key_and_guessing_keeps_no_honest_person_out() {
    let (served, _software, _folder, _vendor) = start();
    let admin = served.administrator();
    let bob = served.client(&admin, "bob", "operator");
    let new = Person::new("bob", code("new"));
    let csr = Bytes::new("csr", new.csr.clone()).unwrap();
    let renew = |signer: &Person| {
        let mut proof = signer.proof(&served, Action::Renew { csr: csr.as_slice(), valid_s: 100 });
        proof.client = name("bob");
        Request::Renew { csr: csr.clone(), valid_s: 100, proof }
    };
    assert!(matches!(served.refusal(renew(&admin)), Refusal::NotAllowed(_)));
    let Reply::Certificate(renewed) = served.ask(renew(&bob)) else { panic!() };
    assert!(matches!(served.ask(Request::Confirm { serial: renewed.client.serial.clone() }), Reply::Confirmed));
    assert_eq!(served.clients().iter().filter(|c| c.name == *"bob").count(), 1, "the old one is void");
    assert!(matches!(served.refusal(renew(&bob)), Refusal::NotAllowed(_)), "and so is its key");

    let carol = Person::new("carol", code("carol"));
    assert!(matches!(served.ask(admin.new_code(&served, &carol, "operator")), Reply::CodeOpen { .. }));
    let thief = Person::new("thief", code("thief"));
    let guesses = (0..200).filter(|_| matches!(thief.enrols(&served), Err(Refusal::NotAllowed(_)))).count();
    assert!((20..200).contains(&guesses), "{guesses} guesses were looked at");
    // From the same address, a moment later; from another one at once.
    while let Err(refusal) = carol.enrols(&served) {
        assert!(matches!(refusal, Refusal::Busy(_)), "{refusal:?}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let counts = served.log.counts.lock().unwrap().len();
    assert!(counts >= 200 && served.log.lines.lock().unwrap().len() < 30, "guesses are counted, not written");
}
