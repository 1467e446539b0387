//! People at the console: the first one by the code of the screen, the others by invitations, and nobody else.

use std::cell::Cell;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use ipc::keyd::{Refusal, Reply, Request};
use ipc::people::{Address, Change, NewPerson, PeopleReply, PeopleRequest, SecondFactor};
use ipc::{Bytes, Caller, List, Name, Text};
use secrets::Secret;
use tempfile::TempDir;
use totp_rs::{Builder, Totp};

use crate::served::{Person, Served, WAIT, caller, name, served};
use crate::support::{SoftwareTpm, Vendor};

const CALLS: [&str; 6] =
    ["people-present", "people-sign-in", "people-change", "people-keys", "people-log", "people-programs"];
const PASSWORD: &str = "correct horse battery";
const STEP_S: u64 = 30;

/// The console's channel.
pub(crate) struct Console<'a> {
    served: &'a Served,
    caller: Caller<Reply>,
}

/// A telephone whose clock is some minutes behind, so that a test need not wait for the next code.
pub(crate) struct Telephone {
    id: Bytes<16>,
    totp: Totp,
    step: Cell<u64>,
}

impl Telephone {
    fn shows(&self) -> Text<16> {
        self.step.set(self.step.get() + 1);
        Text::new("a code", self.totp.generate(self.step.get() * STEP_S).to_string()).unwrap()
    }
}

impl Console<'_> {
    fn of(served: &Served) -> Console<'_> {
        Console { served, caller: caller(&served.keyd, "console", &CALLS, drop) }
    }

    pub(crate) fn ask(&self, request: PeopleRequest) -> Result<PeopleReply, Refusal> {
        asked(&self.caller, request)
    }

    /// What the screen shows, without the box's pin.
    fn code_of_the_screen(&self) -> String {
        let [line, _] = self.served.keyd.screen_code().unwrap();
        line.strip_prefix("pairing code ").unwrap().splitn(5, '-').nth(4).unwrap().to_string()
    }

    fn present(&self, typed: &str) -> Result<Secret, Refusal> {
        let request = PeopleRequest::Present { typed: secret(typed), from: Text::new("from", "10.0.0.7").unwrap() };
        match self.ask(request)? {
            PeopleReply::Present { token } => Ok(token),
            other => panic!("{other:?}"),
        }
    }

    fn telephone(&self, called: &str) -> Telephone {
        let issuer = Text::new("an issuer", "Coffer").unwrap();
        let made = self
            .ask(PeopleRequest::NewAuthenticator {
                name: name(called),
                issuer,
                again: Bytes::default(),
                from: address(),
            })
            .unwrap();
        let PeopleReply::Authenticator { id, secret, uri } = made else { panic!("{made:?}") };
        assert!(String::from_utf8_lossy(uri.expose()).starts_with("otpauth://totp/Coffer:"));
        let text = String::from_utf8_lossy(secret.expose()).into_owned();
        let bytes = data_encoding::BASE32_NOPAD.decode(text.as_bytes()).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let totp = Builder::new().with_secret(bytes).build().unwrap();
        Telephone { id, totp, step: Cell::new(now / STEP_S - 12) }
    }

    fn person(&self, called: &str, telephone: &Telephone, password: &str) -> NewPerson {
        let names = List::new("names", vec![Text::new("a name", "Some Bank").unwrap()]).unwrap();
        let (code, authenticator) = (telephone.shows(), telephone.id.clone());
        NewPerson { name: name(called), password: secret(password), authenticator, code, names }
    }

    pub(crate) fn founds(&self, called: &str, separate: bool) -> Telephone {
        let (presence, telephone) = (self.present(&self.code_of_the_screen()).unwrap(), self.telephone(called));
        let person = self.person(called, &telephone, PASSWORD);
        self.ask(PeopleRequest::Found { presence, separate, person, from: address() }).unwrap();
        telephone
    }

    fn signs_in(&self, called: &str, password: &str, telephone: &Telephone) -> Result<PeopleReply, Refusal> {
        self.ask(PeopleRequest::SignIn {
            name: name(called),
            password: secret(password),
            second: SecondFactor::Authenticator(telephone.shows()),
            from: Text::new("from", "10.0.0.7").unwrap(),
        })
    }

    /// With what nobody has.
    fn tried_at_once(&self, names: &[String], from: &str) -> Vec<Result<PeopleReply, Refusal>> {
        let request = |called: &String| PeopleRequest::SignIn {
            name: name(called),
            password: secret("some horse battery"),
            second: SecondFactor::Authenticator(Text::new("a code", "000000").unwrap()),
            from: Text::new("from", from).unwrap(),
        };
        let caller = &self.caller;
        thread::scope(|scope| {
            let begun: Vec<_> =
                names.iter().map(request).map(|request| scope.spawn(move || asked(caller, request))).collect();
            begun.into_iter().map(|tried| tried.join().unwrap()).collect()
        })
    }

    pub(crate) fn session(&self, called: &str, telephone: &Telephone) -> Secret {
        match self.signs_in(called, PASSWORD, telephone).unwrap() {
            PeopleReply::SignedIn { session, .. } => session,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn change(&self, session: &Secret, change: Change) -> Result<PeopleReply, Refusal> {
        self.ask(PeopleRequest::Change { session: copy(session), change })
    }

    pub(crate) fn look(&self, session: &Secret) -> PeopleReply {
        self.ask(PeopleRequest::Look { session: copy(session), is_person: true }).unwrap()
    }

    pub(crate) fn invited(&self, session: &Secret, change: Change, called: &str) -> Telephone {
        let PeopleReply::Invitation { code, .. } = self.change(session, change).unwrap() else { panic!() };
        let telephone = self.telephone(called);
        let code = Text::new("a code", String::from_utf8_lossy(code.expose())).unwrap();
        let person = self.person(called, &telephone, PASSWORD);
        self.ask(PeopleRequest::Accept { code, person, from: address() }).unwrap();
        telephone
    }
}

fn asked(caller: &Caller<Reply>, request: PeopleRequest) -> Result<PeopleReply, Refusal> {
    match caller.call(&Request::People(request), WAIT).unwrap().0 {
        Reply::People(PeopleReply::Not(problem)) => Err(Refusal::NotAllowed(problem.words)),
        Reply::People(reply) => Ok(reply),
        Reply::Refused(refusal) => Err(refusal),
        other => panic!("{other:?}"),
    }
}

fn address() -> Address {
    Text::new("from", "10.0.0.7").unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::copy_of(text.as_bytes())
}

pub(crate) fn copy(secret: &Secret) -> Secret {
    Secret::copy_of(secret.expose())
}

fn roles(reply: &PeopleReply) -> Vec<&str> {
    match reply {
        PeopleReply::Session { person, .. } => person.roles.as_slice().iter().map(Name::as_str).collect(),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn with_keyd(test: impl FnOnce(&Served, &Console<'_>)) {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let served = served(&software, &vendor.policy([0; 32]), &folder);
    test(&served, &Console::of(&served));
}

#[test]
fn the_first_person_stands_before_the_box() {
    with_keyd(|served, console| {
        let telephone = console.telephone("an");
        let found =
            |presence, person| console.ask(PeopleRequest::Found { presence, separate: false, person, from: address() });
        let nobody = found(Secret::new(vec![7; 32]), console.person("an", &telephone, PASSWORD)).unwrap_err();
        assert!(matches!(nobody, Refusal::NotAllowed(_)), "{nobody:?}");
        let shown = console.code_of_the_screen();
        for wrong in ["0000-0000-0000", &shown[..9]] {
            console.present(wrong).unwrap_err();
        }
        let presence = console.present(&shown.to_lowercase()).unwrap();
        console.present(&shown).unwrap_err();
        // A password that everybody tries, an authenticator that was not proven: nothing is made, and the person tries again.
        let weak = found(copy(&presence), console.person("an", &telephone, "Password123!")).unwrap_err();
        assert!(weak.text().contains("tries first"), "{weak:?}");
        let mut person = console.person("an", &telephone, PASSWORD);
        person.code = Text::new("a code", "000000").unwrap();
        assert!(found(copy(&presence), person).unwrap_err().text().contains("authenticator"));
        found(copy(&presence), console.person("an", &telephone, PASSWORD)).unwrap();
        let again = found(presence, console.person("bo", &console.telephone("bo"), PASSWORD)).unwrap_err();
        assert!(again.text().contains("administrators already"), "{again:?}");
        let session = console.session("an", &telephone);
        let looked = console.look(&session);
        assert_eq!(roles(&looked), ["system-administrator", "security-administrator", "operator"]);
        let lines = served.log.lines.lock().unwrap().clone();
        assert!(lines.iter().any(|line| line == "@an: the first person"), "{lines:?}");
        assert!(lines.iter().any(|line| line == "@an: sign in"), "{lines:?}");
    });
}

#[test]
fn five_wrong_codes_and_the_screen_must_show_another() {
    with_keyd(|served, console| {
        let shown = console.code_of_the_screen();
        for _ in 0..5 {
            console.present("0000-0000-0000").unwrap_err();
        }
        console.present(&shown).unwrap_err();
        // All of the code is as good as its secret groups, if it is this box's.
        let [line, _] = served.keyd.screen_code().unwrap();
        let whole = line.strip_prefix("pairing code ").unwrap();
        console.present(&format!("0000-0000-0000-0000-{}", whole.splitn(5, '-').nth(4).unwrap())).unwrap_err();
        console.present(whole).unwrap();
    });
}

#[test]
fn three_administrators_and_what_each_may() {
    with_keyd(|served, console| {
        let an = console.founds("an", true);
        let session = console.session("an", &an);
        let founder = |called, role| Change::InviteFounder { name: name(called), role: name(role) };
        let bo = console.invited(&session, founder("bo", "security-administrator"), "bo");
        console.invited(&session, founder("cai", "audit-administrator"), "cai");
        let security = console.session("bo", &bo);
        let grant =
            |called, role| Change::Grant { name: name(called), roles: List::new("roles", vec![name(role)]).unwrap() };
        console.invited(&session, Change::Invite { name: name("deng") }, "deng");
        assert!(matches!(console.change(&session, grant("deng", "operator")), Err(Refusal::NotAllowed(_))));
        assert!(matches!(console.change(&security, grant("deng", "administrator")), Err(Refusal::Invalid(_))));
        console.change(&security, grant("deng", "operator")).unwrap();
        let last = console.change(&security, Change::Suspend { name: name("cai"), suspended: true }).unwrap_err();
        assert!(last.text().contains("the last audit-administrator"), "{last:?}");
        let listed = console.ask(PeopleRequest::List { session: copy(&session), after: name("bo") }).unwrap();
        let PeopleReply::People(people) = listed else { panic!("{listed:?}") };
        assert_eq!(people.as_slice().iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["cai", "deng"]);
        let details = served.log.details.lock().unwrap().join("\n");
        assert!(details.contains(r#"grant roles {"name":"deng","roles":["operator"]}"#), "{details}");
        assert!(!details.contains(PASSWORD));
    });
}

#[test]
fn what_is_wrong_counts_and_what_is_changed_ends_sessions() {
    with_keyd(|served, console| {
        let an = console.founds("an", false);
        let session = console.session("an", &an);
        // By a new password, too.
        let names = List::new("names", Vec::new()).unwrap();
        console.change(&session, Change::OwnPassword { password: secret("another horse battery"), names }).unwrap();
        let ended = console.look(&session);
        assert!(matches!(&ended, PeopleReply::SignedOut { words } if words.as_str().contains("changed")), "{ended:?}");
        for _ in 0..5 {
            let wrong = console.signs_in("an", PASSWORD, &an).unwrap_err();
            assert_eq!(wrong.text(), "name, password or second factor is wrong");
        }
        let waits = console.signs_in("an", "another horse battery", &an).unwrap();
        assert!(matches!(waits, PeopleReply::Wait { seconds } if (800..=900).contains(&seconds)), "{waits:?}");
        // A name that nobody has waits as long.
        for _ in 0..5 {
            console.signs_in("eve", PASSWORD, &an).unwrap_err();
        }
        assert!(matches!(console.signs_in("eve", PASSWORD, &an).unwrap(), PeopleReply::Wait { .. }));
        assert_eq!(served.log.counts.lock().unwrap().iter().filter(|c| *c == "wrong sign-in").count(), 10);
    });
}

#[test]
fn three_stay_three_when_who_they_were_cannot_be_read_any_more() {
    let (software, vendor, folder) = (SoftwareTpm::new(), Vendor::new(), TempDir::new().unwrap());
    let policy = vendor.policy([0; 32]);
    {
        let served = served(&software, &policy, &folder);
        Console::of(&served).founds("an", true);
    }
    std::fs::write(folder.path().join("people.json"), "nonsense").unwrap();
    let software = software.reboot();
    let served = served(&software, &policy, &folder);
    let console = Console::of(&served);
    assert!(served.troubles.iter().any(|trouble| trouble.starts_with("people.json")), "{:?}", served.troubles);
    let (presence, telephone) = (console.present(&console.code_of_the_screen()).unwrap(), console.telephone("bo"));
    let found = |separate| {
        let person = console.person("bo", &telephone, PASSWORD);
        console.ask(PeopleRequest::Found { presence: copy(&presence), separate, person, from: address() })
    };
    let alone = found(false).unwrap_err();
    assert!(alone.text().contains("three"), "{alone:?}");
    found(true).unwrap();
}

#[test]
fn a_crowd_waits_for_itself_and_guesses_that_begin_at_once_are_no_more_than_others() {
    with_keyd(|served, console| {
        let an = console.founds("an", false);
        // As many names from one place: no more wait there than one can type.
        let names: Vec<String> = (0..30).map(|n| format!("eve{n}")).collect();
        let crowd = console.tried_at_once(&names, "10.0.0.66");
        let busy = crowd.iter().filter(|reply| matches!(reply, Err(Refusal::Busy(_)))).count();
        assert!((15..30).contains(&busy), "{busy} of 30 were sent away");
        assert!(matches!(console.signs_in("an", PASSWORD, &an).unwrap(), PeopleReply::SignedIn { .. }));
        // One name: none of them is known to be wrong when the others begin.
        let before = served.log.counts.lock().unwrap().len();
        let guesses = console.tried_at_once(&vec!["an".into(); 30], "10.0.0.67");
        let waits = guesses.iter().filter(|reply| matches!(reply, Ok(PeopleReply::Wait { .. }))).count();
        // Of the five that may begin one is sent away if none is being compared yet.
        let compared = served.log.counts.lock().unwrap().len() - before;
        assert!(waits == 25 && (4..=5).contains(&compared), "{compared}: {guesses:?}");
    });
}

#[test]
fn codes_for_a_lost_authenticator_and_signing_out() {
    with_keyd(|_, console| {
        let an = console.founds("an", false);
        let session = console.session("an", &an);
        let PeopleReply::SpareCodes(codes) = console.change(&session, Change::OwnSpareCodes).unwrap() else { panic!() };
        let first = String::from_utf8_lossy(codes.as_slice()[0].expose()).into_owned();
        let by_code = |code: &str| {
            console.ask(PeopleRequest::SignIn {
                name: name("an"),
                password: secret(PASSWORD),
                second: SecondFactor::Spare(Text::new("a code", code).unwrap()),
                from: Text::new("from", "10.0.0.8").unwrap(),
            })
        };
        let signed = by_code(&first).unwrap();
        let PeopleReply::SignedIn { session: other, spare_codes: 7, .. } = signed else { panic!("{signed:?}") };
        by_code(&first).unwrap_err();
        console.ask(PeopleRequest::SignOut { session: copy(&other), others: true }).unwrap();
        assert!(matches!(console.look(&session), PeopleReply::SignedOut { .. }));
        assert!(matches!(console.look(&other), PeopleReply::Session { is_proven: true, .. }));
        console.ask(PeopleRequest::SignOut { session: copy(&other), others: false }).unwrap();
        assert!(matches!(console.look(&other), PeopleReply::SignedOut { .. }));
    });
}

/// What the log does not take is not done; and whoever has computed's channel asks nothing of people.
#[test]
fn without_a_line_in_the_log_nobody_signs_in_and_no_other_service_asks() {
    with_keyd(|served, console| {
        let an = console.founds("an", false);
        served.log.is_full.store(true, std::sync::atomic::Ordering::Relaxed);
        let refused = console.signs_in("an", PASSWORD, &an).unwrap_err();
        assert!(matches!(refused, Refusal::Unavailable(_)), "{refused:?}");
        let request = PeopleRequest::Look { session: Secret::new(vec![1; 32]), is_person: true };
        assert!(matches!(served.refusal(Request::People(request)), Refusal::NotAllowed(_)));
    });
}

/// What a program enrols with; and of three administrators none makes a program that is all of them.
#[test]
fn the_system_administrator_lets_programs_in() {
    for separate in [false, true] {
        with_keyd(|served, console| {
            let an = console.founds("an", separate);
            let session = console.session("an", &an);
            let code_for = |session: &Secret, called: &str, role: &str| {
                let session = copy(session);
                console.ask(PeopleRequest::CodeFor { session, name: name(called), role: name(role), valid_s: 3600 })
            };
            let made = code_for(&session, "payroll", "operator").unwrap();
            let PeopleReply::PairingCode { code, .. } = made else { panic!("{made:?}") };
            let code = accounts::PairingCode::parse(&String::from_utf8_lossy(code.expose())).unwrap();
            Person::new("payroll", code.key().unwrap()).enrols(served).unwrap();
            let administrator = code_for(&session, "root", "administrator");
            assert_eq!(administrator.is_err(), separate, "{administrator:?}");
            code_for(&session, "payroll", "emperor").unwrap_err();
            let nobody = code_for(&Secret::new(vec![1; 32]), "other", "operator").unwrap();
            assert!(matches!(nobody, PeopleReply::SignedOut { .. }), "{nobody:?}");
        });
    }
}
