//! Whatever happens in whatever order: a name is its first owner's, and goes on only to keys that its owner signed for.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use accounts::statement::{Action, Claim, enrolment, proof};
use accounts::{Accounts, Certificate, CodeKey, PairingCode, Role};
use proptest::prelude::*;
use rcgen::{CertificateParams, KeyPair, PublicKeyData, SigningKey};
use zeroize::Zeroizing;

const NAMES: [&str; 2] = ["alice", "bob"];
const PEOPLE: usize = 3;

struct Person {
    code: CodeKey,
    key: KeyPair,
    csr: Vec<u8>,
}

static EVERYBODY: LazyLock<Vec<Person>> = LazyLock::new(|| {
    let person = |number: usize| {
        let key = KeyPair::generate().unwrap();
        let csr = CertificateParams::default().serialize_request(&key).unwrap().der().to_vec();
        let code = PairingCode::new([1; 10], &Zeroizing::new([number as u8; 12])).key().unwrap();
        Person { code, key, csr }
    };
    (0..PEOPLE).map(person).collect()
});

#[derive(Clone, Debug)]
enum Step {
    Open {
        name: usize,
        person: usize,
    },
    Enrol {
        person: usize,
    },
    /// `signer` says it is `name`, and wants a certificate for `new`'s key.
    Renew {
        name: usize,
        signer: usize,
        new: usize,
    },
    /// Of the certificates so far.
    Confirm {
        certificate: usize,
    },
    Revoke {
        certificate: usize,
    },
    Authority {
        number: u8,
        is_new: bool,
    },
    Clock {
        by_s: i64,
    },
    /// Nobody told the box: it was off.
    ClockUnseen {
        by_s: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (name, person) = (0..NAMES.len(), 0..PEOPLE);
    let by_s = prop_oneof![-100_000i64..100_000, Just(-1_700_000_000i64), Just(1_000_000_000i64)];
    prop_oneof![
        3 => (name.clone(), person.clone()).prop_map(|(name, person)| Step::Open { name, person }),
        4 => person.clone().prop_map(|person| Step::Enrol { person }),
        3 => (name, person.clone(), person).prop_map(|(name, signer, new)| Step::Renew { name, signer, new }),
        4 => (0usize..8).prop_map(|certificate| Step::Confirm { certificate }),
        1 => (0usize..8).prop_map(|certificate| Step::Revoke { certificate }),
        2 => (0u8..3, any::<bool>()).prop_map(|(number, is_new)| Step::Authority { number, is_new }),
        1 => by_s.clone().prop_map(|by_s| Step::Clock { by_s }),
        1 => by_s.prop_map(|by_s| Step::ClockUnseen { by_s }),
    ]
}

/// A certificate that was issued: for which name, to whose key, and by whose word it was renewed.
#[derive(Clone)]
struct Issued {
    name: String,
    person: usize,
    renewed_by: Option<usize>,
}

/// The box, and what must be true of it.
struct Model {
    accounts: Accounts,
    now: u64,
    issued: Vec<Issued>,
    /// Whose key each name is.
    owners: BTreeMap<String, usize>,
}

impl Model {
    fn certificate(&mut self, issued: Issued) -> Certificate {
        let key = EVERYBODY[issued.person].key.der_bytes();
        let certificate = Certificate::new(self.issued.len().to_string(), key, self.now + 1000);
        self.issued.push(issued);
        certificate
    }

    fn proves(&self, name: &str, person: usize, action: Action<'_>) -> bool {
        let claim = Claim { device_id: "box", client: name, challenge: b"nonce", action };
        let signature = EVERYBODY[person].key.sign(&proof(&claim)).unwrap();
        self.accounts.check(self.now, &claim, &signature, &Role::ALL).is_ok()
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Open { name, person } => {
                let key = EVERYBODY[person].code.public();
                let opened = self.accounts.open_code(self.now, NAMES[name], Role::Administrator, &key, 3600);
                assert!(opened.is_err() || !self.owners.contains_key(NAMES[name]), "a code for an owned name");
            }
            Step::Enrol { person } => {
                let Person { code, csr, .. } = &EVERYBODY[person];
                let signature = code.sign(&enrolment(csr, 60));
                let Ok(admitted) = self.accounts.admit(self.now, "", csr, 60, &signature) else { return };
                let issued = Issued { name: admitted.name.clone(), person, renewed_by: None };
                let certificate = self.certificate(issued);
                self.accounts.enrol(&admitted, certificate).unwrap();
            }
            Step::Renew { name, signer, new } => {
                let action = Action::Renew { csr: &EVERYBODY[new].csr, valid_s: 60 };
                let may = self.proves(NAMES[name], signer, action);
                assert!(!may || self.owners.get(NAMES[name]) == Some(&signer), "somebody else renews");
                if may {
                    let issued = Issued { name: NAMES[name].into(), person: new, renewed_by: Some(signer) };
                    let certificate = self.certificate(issued);
                    self.accounts.renew(NAMES[name], certificate).unwrap();
                }
            }
            Step::Confirm { certificate } => {
                let Some(issued) = self.issued.get(certificate).cloned() else { return };
                if !self.accounts.confirm(&certificate.to_string()).unwrap_or(false) {
                    return;
                }
                let before = self.owners.insert(issued.name.clone(), issued.person);
                assert!(before.is_none() || before == issued.renewed_by, "a name went to somebody without a word");
            }
            Step::Revoke { certificate } => drop(self.accounts.revoke("nobody", &certificate.to_string())),
            Step::Authority { number, is_new } => drop(self.accounts.settle(&number.to_string(), is_new)),
            Step::Clock { by_s } => {
                self.now = self.now.saturating_add_signed(by_s);
                self.accounts.shift_codes(by_s);
            }
            Step::ClockUnseen { by_s } => self.now = self.now.saturating_add_signed(by_s),
        }
    }

    fn check(&self) {
        let views = self.accounts.views();
        for name in NAMES {
            for person in 0..PEOPLE {
                if self.proves(name, person, Action::ReadAuditLog) {
                    assert_eq!(self.owners.get(name), Some(&person), "{name}");
                    let counts =
                        |v: &accounts::ClientView| v.confirmed && !v.void && !v.revoked && v.expires > self.now;
                    assert!(views.iter().any(|v| v.name == name && counts(v)), "{name}: {views:?}");
                }
            }
        }
        // Whoever is needed at the screen is nobody that a certificate lets in.
        let is_in = |v: &accounts::ClientView| v.role == Role::Administrator && v.confirmed && !v.void && !v.revoked;
        assert_eq!(self.accounts.is_unprovisioned(u64::MAX), !views.iter().any(is_in));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_name_goes_on_only_by_its_owners_word(steps in prop::collection::vec(step(), 1..40)) {
        let (accounts, issued, owners) = Default::default();
        let mut model = Model { accounts, now: 1_800_000_000, issued, owners };
        for step in steps {
            model.take(step);
            model.check();
        }
    }
}
