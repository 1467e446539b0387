//! The life of an account, from its code to its revocation, with real keys.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use accounts::statement::{Action, Claim, enrolment, proof};
use accounts::{Accounts, Certificate, CodeKey, PairingCode, Refused, Role};
use rcgen::{CertificateParams, KeyPair, PublicKeyData, SigningKey};
use zeroize::Zeroizing;

const NOW: u64 = 1_800_000_000;
const YEAR: u64 = 365 * 24 * 3600;

struct Person {
    code: CodeKey,
    key: KeyPair,
    csr: Vec<u8>,
}

impl Person {
    fn with_code(number: u8) -> Person {
        let key = KeyPair::generate().unwrap();
        let csr = CertificateParams::default().serialize_request(&key).unwrap().der().to_vec();
        let code = PairingCode::new([1; 10], &Zeroizing::new([number; 12])).key().unwrap();
        Person { code, key, csr }
    }

    fn enrols(&self, accounts: &mut Accounts, now: u64, name: &str, serial: &str) -> Result<(), Refused> {
        let signature = self.code.sign(&enrolment(&self.csr, 60));
        let admitted = accounts.admit(now, name, &self.csr, 60, &signature)?;
        accounts.enrol(&admitted, self.certificate(serial, now + YEAR))
    }

    fn certificate(&self, serial: &str, expires: u64) -> Certificate {
        Certificate::new(serial.into(), self.key.der_bytes(), expires)
    }

    fn proves(
        &self,
        accounts: &Accounts,
        now: u64,
        name: &str,
        action: &Action<'_>,
        roles: &[Role],
    ) -> Result<(), Refused> {
        let claim = claim("device", name, b"nonce", action);
        accounts.check(now, &claim, &self.key.sign(&proof(&claim)).unwrap(), roles)
    }
}

fn claim<'a>(device_id: &'a str, client: &'a str, challenge: &'a [u8], action: &Action<'a>) -> Claim<'a> {
    Claim { device_id, client, challenge, action: *action }
}

fn opened(accounts: &mut Accounts, person: &Person, name: &str, role: Role) {
    accounts.open_code(NOW, name, role, &person.code.public(), 3600).unwrap();
}

#[test]
fn a_code_is_for_one_name_and_role_expires_and_is_used_up_when_the_certificate_is_used() {
    let (mut accounts, person, thief) = (Accounts::default(), Person::with_code(1), Person::with_code(2));
    opened(&mut accounts, &person, "alice", Role::Operator);
    assert_eq!(thief.enrols(&mut accounts, NOW, "alice", "66"), Err(Refused::WrongCode));
    let other = Refused::OtherName { expected: "alice".into(), given: "bob".into() };
    assert_eq!(person.enrols(&mut accounts, NOW, "bob", "01"), Err(other));
    assert_eq!(person.enrols(&mut accounts, NOW + 3600, "alice", "01"), Err(Refused::WrongCode));
    // Nor does a clock that is set back, as by a flat battery, make one good that has expired.
    assert_eq!(person.enrols(&mut accounts, NOW - 3600, "alice", "01"), Err(Refused::WrongCode));
    assert!(accounts.is_unprovisioned(NOW));
    person.enrols(&mut accounts, NOW, "", "01").unwrap();
    // The answer was lost on its way: again, as often as need be. What came before is void.
    person.enrols(&mut accounts, NOW, "alice", "02").unwrap();
    assert_eq!(accounts.confirm("01"), Err(Refused::NoCertificate { serial: "01".into() }));
    assert_eq!(accounts.confirm("02"), Ok(true));
    assert_eq!(accounts.confirm("02"), Ok(false));
    assert_eq!(person.enrols(&mut accounts, NOW, "alice", "03"), Err(Refused::WrongCode));
    let views = accounts.views();
    assert_eq!((views.len(), views[0].role, views[0].confirmed), (1, Role::Operator, true));
}

#[test]
fn what_an_older_code_brought_is_void_when_a_newer_one_is_used() {
    let (mut accounts, first, second) = (Accounts::default(), Person::with_code(1), Person::with_code(2));
    opened(&mut accounts, &first, "bob", Role::Auditor);
    first.enrols(&mut accounts, NOW, "", "01").unwrap();
    // Nobody has used it, and an administrator makes another code, for more.
    opened(&mut accounts, &second, "bob", Role::Administrator);
    second.enrols(&mut accounts, NOW, "", "02").unwrap();
    assert_eq!(accounts.confirm("01"), Err(Refused::NoCertificate { serial: "01".into() }));
    assert_eq!(accounts.confirm("02"), Ok(true));
    assert_eq!(accounts.views().len(), 1);
}

#[test]
fn the_request_and_nothing_else_is_what_the_code_signed() {
    let (mut accounts, person, thief) = (Accounts::default(), Person::with_code(1), Person::with_code(2));
    opened(&mut accounts, &person, "alice", Role::Administrator);
    // Whoever carries the request has the signature, and puts its own key under it.
    let signature = person.code.sign(&enrolment(&person.csr, 60));
    assert_eq!(accounts.admit(NOW, "", &thief.csr, 60, &signature), Err(Refused::WrongCode));
    assert_eq!(accounts.admit(NOW, "", &person.csr, 61, &signature), Err(Refused::WrongCode));
    assert!(accounts.admit(NOW, "", &person.csr, 60, &signature).is_ok());
}

#[test]
fn a_name_is_its_first_owners_for_ever() {
    let (mut accounts, person, heir) = (Accounts::default(), Person::with_code(1), Person::with_code(2));
    opened(&mut accounts, &person, "alice", Role::Operator);
    person.enrols(&mut accounts, NOW, "", "01").unwrap();
    // Nobody has used it: the person may have lost it, and gets another code.
    opened(&mut accounts, &heir, "alice", Role::Operator);
    opened(&mut accounts, &person, "alice", Role::Operator);
    person.enrols(&mut accounts, NOW, "", "02").unwrap();
    accounts.confirm("02").unwrap();
    let taken = Refused::Taken { name: "alice".into() };
    let opens = |accounts: &mut Accounts, now| accounts.open_code(now, "alice", Role::Operator, &[0; 32], 3600);
    assert_eq!(opens(&mut accounts, NOW), Err(taken.clone()));
    // Not after its certificate has expired, and not after it was revoked.
    assert_eq!(opens(&mut accounts, NOW + 2 * YEAR), Err(taken.clone()));
    accounts.revoke("admin", "02").unwrap();
    assert_eq!(opens(&mut accounts, NOW), Err(taken));
    assert!(!accounts.is_free("alice") && accounts.is_free("alice-2"));
}

#[test]
fn a_certificate_is_renewed_with_the_old_key_before_and_after_its_end_and_by_nobody_else() {
    let (mut accounts, person, thief) = (Accounts::default(), Person::with_code(1), Person::with_code(2));
    opened(&mut accounts, &person, "alice", Role::Operator);
    person.enrols(&mut accounts, NOW, "", "01").unwrap();
    accounts.confirm("01").unwrap();
    let new = Person::with_code(3);
    let renew = Action::Renew { csr: &new.csr, valid_s: 60 };
    for now in [NOW, NOW + 2 * YEAR] {
        assert_eq!(person.proves(&accounts, now, "alice", &renew, &Role::ALL), Ok(()));
        assert_eq!(
            thief.proves(&accounts, now, "alice", &renew, &Role::ALL),
            Err(Refused::Proof { name: "alice".into() })
        );
    }
    let destroy = Action::DestroyKey { id: "k" };
    let expired = Refused::Expired { name: "alice".into() };
    assert_eq!(person.proves(&accounts, NOW + 2 * YEAR, "alice", &destroy, &Role::ALL), Err(expired));
    assert_eq!(accounts.renew("alice", new.certificate("02", NOW + 3 * YEAR)), Ok(()));
    // Both count until the new one is used; then the old key proves nothing any more.
    assert_eq!(person.proves(&accounts, NOW, "alice", &destroy, &Role::ALL), Ok(()));
    accounts.confirm("02").unwrap();
    assert!(person.proves(&accounts, NOW, "alice", &destroy, &Role::ALL).is_err());
    assert_eq!(new.proves(&accounts, NOW + 2 * YEAR, "alice", &destroy, &Role::ALL), Ok(()));
}

#[test]
fn a_proof_is_for_one_box_one_nonce_one_client_one_deed_and_a_role() {
    let (mut accounts, person) = (Accounts::default(), Person::with_code(1));
    opened(&mut accounts, &person, "alice", Role::Operator);
    person.enrols(&mut accounts, NOW, "", "01").unwrap();
    let destroy = Action::DestroyKey { id: "k" };
    let unknown = Refused::Unknown { name: "alice".into() };
    assert_eq!(person.proves(&accounts, NOW, "alice", &destroy, &Role::ALL), Err(unknown), "not yet used");
    accounts.confirm("01").unwrap();
    let own = claim("device", "alice", b"nonce", &destroy);
    let signature = person.key.sign(&proof(&own)).unwrap();
    let checks = |device: &str, client: &str, nonce: &[u8], action: &Action<'_>, roles: &[Role]| {
        accounts.check(NOW, &claim(device, client, nonce, action), &signature, roles)
    };
    assert_eq!(checks("device", "alice", b"nonce", &destroy, &[Role::Operator]), Ok(()));
    assert!(checks("other", "alice", b"nonce", &destroy, &Role::ALL).is_err());
    assert!(checks("device", "alic", b"nonce", &destroy, &Role::ALL).is_err());
    assert!(checks("device", "alice", b"nonc", &destroy, &Role::ALL).is_err());
    assert!(checks("device", "alice", b"nonce", &Action::DestroyKey { id: "l" }, &Role::ALL).is_err());
    let role = Refused::Role { role: Role::Operator };
    assert_eq!(checks("device", "alice", b"nonce", &destroy, &[Role::Administrator]), Err(role));
    accounts.revoke("admin", "01").unwrap();
    assert_eq!(accounts.check(NOW, &own, &signature, &Role::ALL), Err(Refused::Revoked { name: "alice".into() }));
}

#[test]
fn bounds_hold_and_are_named() {
    let mut accounts = Accounts::default();
    for name in ["", "a b", "ä", "a/b", &"x".repeat(65)] {
        assert!(
            matches!(accounts.open_code(NOW, name, Role::Operator, &[0; 32], 60), Err(Refused::Name { .. })),
            "{name}"
        );
    }
    for valid_s in [0, 59, 7 * 24 * 3600 + 1] {
        let refused = accounts.open_code(NOW, "a", Role::Operator, &[0; 32], valid_s);
        assert_eq!(refused, Err(Refused::Validity { valid_s }));
    }
    for n in 0..32 {
        accounts.open_code(NOW, &format!("c{n}"), Role::Operator, &[n; 32], 60).unwrap();
    }
    assert_eq!(accounts.open_code(NOW, "one-more", Role::Operator, &[0; 32], 60), Err(Refused::CodesFull));
    assert!(accounts.open_code(NOW + 61, "one-more", Role::Operator, &[0; 32], 60).is_ok(), "the others have expired");
    let mut accounts = Accounts::default();
    opened(&mut accounts, &Person::with_code(1), "alice", Role::Administrator);
    assert_eq!(accounts.revoke("alice", "01"), Err(Refused::NoCertificate { serial: "01".into() }));
    Person::with_code(1).enrols(&mut accounts, NOW, "", "01").unwrap();
    assert_eq!(accounts.revoke("alice", "01"), Err(Refused::Itself));
}

#[test]
fn a_code_is_open_for_as_long_as_was_said_whatever_becomes_of_the_clock() {
    for (made, set) in [(60, NOW), (NOW, 60), (NOW + 34 * YEAR, NOW)] {
        let (mut accounts, person) = (Accounts::default(), Person::with_code(1));
        accounts.open_code(made, "alice", Role::Operator, &person.code.public(), 3600).unwrap();
        // Ten minutes later the clock is set.
        accounts.shift_codes(set as i64 - (made + 600) as i64);
        assert_eq!(person.enrols(&mut accounts, set + 3000, "", "01"), Err(Refused::WrongCode), "{made} {set}");
        assert_eq!(person.enrols(&mut accounts, set + 2999, "", "01"), Ok(()), "{made} {set}");
    }
}

#[test]
fn under_a_new_authority_a_certificate_is_good_for_its_renewal_alone() {
    let (mut accounts, admin, bob) = (Accounts::default(), Person::with_code(1), Person::with_code(2));
    // As it was written before authorities were: the first start that says one takes all for its own.
    opened(&mut accounts, &admin, "admin", Role::Administrator);
    admin.enrols(&mut accounts, NOW, "", "01").unwrap();
    accounts.confirm("01").unwrap();
    assert!(accounts.settle("first", false).is_empty());
    opened(&mut accounts, &bob, "bob", Role::Operator);
    bob.enrols(&mut accounts, NOW, "", "02").unwrap();
    accounts.confirm("02").unwrap();
    assert!(!accounts.is_unprovisioned(NOW) && accounts.void().is_empty());

    assert_eq!(accounts.settle("second", true), ["admin", "bob"]);
    assert!(accounts.is_unprovisioned(NOW), "an administrator is needed");
    assert!(accounts.views().iter().all(|v| v.void));
    assert!(accounts.settle("second", false).is_empty(), "it is told of once");
    let new = Person::with_code(3);
    let renew = Action::Renew { csr: &new.csr, valid_s: 60 };
    let void = Refused::Void { name: "bob".into() };
    assert_eq!(bob.proves(&accounts, NOW, "bob", &Action::ReadAuditLog, &Role::ALL), Err(void));
    assert_eq!(bob.proves(&accounts, NOW, "bob", &renew, &Role::ALL), Ok(()));
    assert!(admin.proves(&accounts, NOW, "bob", &renew, &Role::ALL).is_err());
    let heir = accounts.open_code(NOW, "bob", Role::Operator, &[0; 32], 3600);
    assert_eq!(heir, Err(Refused::Taken { name: "bob".into() }));
    accounts.renew("bob", new.certificate("03", NOW + YEAR)).unwrap();
    assert!(accounts.is_unprovisioned(NOW), "bob is none");
    accounts.confirm("03").unwrap();
    assert_eq!(new.proves(&accounts, NOW, "bob", &Action::ReadAuditLog, &Role::ALL), Ok(()));
    assert_eq!(accounts.void(), ["admin"]);
    // The first authority is back: its certificates count again.
    assert_eq!(accounts.settle("first", false), ["bob"]);
    assert!(!accounts.is_unprovisioned(NOW));
    assert_eq!(admin.proves(&accounts, NOW, "admin", &Action::ReadAuditLog, &Role::ALL), Ok(()));
    // Who is revoked is not waited for.
    accounts.revoke("admin", "03").unwrap();
    assert!(accounts.void().is_empty());
}
