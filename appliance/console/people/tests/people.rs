//! People as a box meets them: founded, invited, locked out, gone.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::net::IpAddr;

use people::{
    Ended, NewFactors, OneTimeCode, Password, People, Refusal, Role, Second, Separation, SessionId, Sessions,
    TotpSecret, Verifier,
};
use secrets::Secret;

/// RFC 6238's secret, and what an authenticator with it shows.
const T0: u64 = 1_111_111_109;
const AT_T0: &str = "081804";
const T1: u64 = 1_234_567_890;
const AT_T1: &str = "005924";
const T2: u64 = 2_000_000_000;
const AT_T2: &str = "279037";

fn factors(code: &str) -> NewFactors<'_> {
    let totp = TotpSecret::new(Secret::copy_of(b"12345678901234567890")).unwrap();
    NewFactors { password: Verifier::nobody(), totp, code }
}

fn invitation() -> (String, OneTimeCode) {
    OneTimeCode::new(&[9; 8])
}

fn founded(separation: Separation) -> People {
    let mut people = People::new(separation);
    people.found("an", factors(AT_T0), T0).unwrap();
    people
}

fn authenticator(code: &str) -> Second<'_> {
    Second::Authenticator { code, unsure: false }
}

#[test]
fn three_people_come_to_be_three_administrators() {
    let mut people = founded(Separation::Three);
    let (shown, code) = invitation();
    for (name, role) in [("bo", Role::SecurityAdministrator), ("cai", Role::AuditAdministrator)] {
        people.invite_founder("an", name, role, code.clone(), T0 + 60, T0).unwrap();
        people.accept(name, &shown, factors(AT_T0), T0).unwrap();
        // The place is filled.
        let again = people.invite_founder("an", "eve", role, code.clone(), T0 + 60, T0);
        assert!(matches!(again, Err(Refusal::NotAllowed { .. })));
    }
    people.invite("an", "deng", code.clone(), T0 + 60, T0).unwrap();
    assert!(people.roles("deng").is_empty());
    // Who makes accounts gives no rights, and who gives rights makes no accounts.
    assert!(matches!(people.grant("an", "deng", &[Role::Operator]), Err(Refusal::NotAllowed { .. })));
    assert!(matches!(people.invite("bo", "eve", code.clone(), T0 + 60, T0), Err(Refusal::NotAllowed { .. })));
    people.grant("bo", "deng", &[Role::Operator]).unwrap();
    assert_eq!(people.grant("bo", "deng", &[Role::SystemAdministrator, Role::Operator]), Err(Refusal::Excluded));
    assert_eq!(people.grant("bo", "bo", &[Role::SystemAdministrator]), Err(Refusal::Oneself));
    let last = people.suspend("bo", "cai", true);
    assert_eq!(last, Err(Refusal::Last { name: "cai".into(), role: Role::AuditAdministrator }));
    assert!(matches!(people.remove("an", "an"), Err(Refusal::Last { .. })));
    people.remove("an", "deng").unwrap();
    assert_eq!(people.invite("an", "deng", code, T0 + 60, T0), Err(Refusal::Taken { name: "deng".into() }));
}

#[test]
fn an_invitation_is_good_once_for_its_time_and_with_an_authenticator() {
    let mut people = founded(Separation::One);
    let (shown, code) = invitation();
    people.invite("an", "bo", code, T0 + 60, T0).unwrap();
    for (name, typed, now) in [("bo", "0000-0000-0000", T0), ("eve", shown.as_str(), T0), ("bo", &shown, T0 + 60)] {
        assert_eq!(people.accept(name, typed, factors(AT_T0), now), Err(Refusal::WrongCode));
    }
    assert_eq!(people.accept("bo", &shown, factors("000000"), T0), Err(Refusal::WrongSecondFactor));
    people.accept("bo", &shown.to_lowercase(), factors(AT_T0), T0).unwrap();
    assert_eq!(people.accept("bo", &shown, factors(AT_T0), T0), Err(Refusal::WrongCode));
}

#[test]
fn everything_that_is_wrong_at_the_door_sounds_the_same() {
    let mut people = founded(Separation::One);
    let (_, code) = invitation();
    people.invite("an", "bo", code, T1 + 60, T0).unwrap();
    for (name, is_password, second) in [
        ("an", false, authenticator(AT_T1)),
        ("an", true, authenticator("000000")),
        ("an", true, Second::Spare("0000-0000-0000")),
        ("bo", true, authenticator(AT_T1)),
        ("eve", true, authenticator(AT_T1)),
    ] {
        assert_eq!(people.sign_in(name, is_password, second, T1), Err(Refusal::WrongSignIn), "{name} {second:?}");
    }
    // A wrong password has not used the code up.
    let signed = people.sign_in("an", true, authenticator(AT_T1), T1).unwrap();
    assert_eq!((signed.last, people.views()[0].last_sign_in), (Some(T0), Some(T1)));
    assert_eq!(people.sign_in("an", true, authenticator(AT_T1), T1), Err(Refusal::WrongSignIn), "used");
}

#[test]
fn a_code_stands_for_a_lost_authenticator_once() {
    let mut people = founded(Separation::One);
    let codes: Vec<(String, OneTimeCode)> = (0..20).map(|at| OneTimeCode::new(&[at; 8])).collect();
    people.set_spare("an", codes.iter().map(|(_, kept)| kept.clone()).collect()).unwrap();
    assert_eq!(people.views()[0].spare_codes, people::FACTORS_MAX);
    let signed = people.sign_in("an", true, Second::Spare(&codes[3].0), T1).unwrap();
    assert_eq!(signed.spare_codes, people::FACTORS_MAX - 1);
    assert_eq!(people.sign_in("an", true, Second::Spare(&codes[3].0), T1), Err(Refusal::WrongSignIn));
    assert_eq!(people.sign_in("an", true, Second::Spare(&codes[12].0), T1), Err(Refusal::WrongSignIn), "beyond eight");
}

#[test]
fn a_full_box_still_takes_an_administrator_in_who_stands_before_it() {
    let mut people = founded(Separation::One);
    let full = Refusal::Full { limit: 500 };
    let refused = (0..1000).find_map(|n| people.invite("an", &format!("p{n}"), invitation().1, T0 + 60, T0).err());
    assert_eq!((refused, people.views().len()), (Some(full.clone()), 500));
    let mut present =
        |n: u32| people.invite_present(&format!("q{n}"), Role::SystemAdministrator, invitation().1, T0 + 60, T0);
    assert_eq!(present(0), Ok(()));
    // And not without a bound.
    assert_eq!((1..100).find_map(|n| present(n).err()), Some(full));
}

#[test]
fn one_administrator_becomes_three_and_not_back() {
    let mut people = founded(Separation::One);
    let (shown, code) = invitation();
    assert!(people.roles("an").has(Role::Operator) && people.has(Role::SecurityAdministrator));
    people.separate("an", "bo", code.clone(), T0 + 60, T0).unwrap();
    assert_eq!(people.roles("an").iter().collect::<Vec<_>>(), [Role::SystemAdministrator]);
    people.accept("bo", &shown, factors(AT_T0), T0).unwrap();
    assert_eq!(people.roles("bo").iter().collect::<Vec<_>>(), [Role::SecurityAdministrator]);
    assert_eq!(people.separate("an", "cai", code, T0 + 60, T0), Err(Refusal::Separated));
}

#[test]
fn a_session_ends_by_silence_by_age_and_with_the_rights_it_had() {
    let mut people = founded(Separation::One);
    let (id, from) = (SessionId::of(&Secret::copy_of(&[1; 32])), IpAddr::from([10, 0, 0, 7]));
    let opened = |people: &People| {
        let mut sessions = Sessions::new(600);
        sessions.open(id, "an", people, from, 1000);
        sessions
    };
    let mut sessions = opened(&people);
    assert_eq!(sessions.look(SessionId::of(&Secret::copy_of(&[2; 32])), &people, true, 1000), Err(Ended::Unknown));
    // A page that looks by itself keeps nobody signed in.
    assert!(sessions.look(id, &people, false, 1599).is_ok());
    assert_eq!(sessions.look(id, &people, true, 1600), Err(Ended::Idle(10)));
    assert_eq!(sessions.look(id, &people, true, 1600), Err(Ended::Unknown));
    let mut sessions = opened(&people);
    for now in (1000..1000 + 8 * 3600).step_by(500) {
        assert!(sessions.look(id, &people, true, now).is_ok(), "{now}");
    }
    assert_eq!(sessions.look(id, &people, true, 1000 + 8 * 3600), Err(Ended::Long));
    let mut sessions = opened(&people);
    assert!(sessions.look(id, &people, true, 1001).unwrap().is_proven(1299));
    assert!(!sessions.look(id, &people, true, 1302).unwrap().is_proven(1302));
    sessions.step_up(id, 1302);
    assert!(sessions.look(id, &people, true, 1303).unwrap().is_proven(1303));
    people.change_password("an", Verifier::nobody(), T2).unwrap();
    assert_eq!(sessions.look(id, &people, true, 1304), Err(Ended::Changed));
}

#[test]
fn one_person_has_a_few_sessions_and_the_box_some_hundred() {
    let people = founded(Separation::One);
    let mut sessions = Sessions::new(0);
    let id = |at: u32| SessionId::of(&Secret::copy_of(&at.to_be_bytes()));
    for at in 0..20 {
        sessions.open(id(at), "an", &people, IpAddr::from([10, 0, 0, 7]), 1000 + u64::from(at));
    }
    assert_eq!(sessions.of("an").len(), 8);
    // Nobody opens one for somebody who is not there.
    sessions.open(id(99), "eve", &people, IpAddr::from([10, 0, 0, 7]), 1000);
    assert!(sessions.look(id(99), &people, true, 1000).is_err());
    sessions.end_others("an", Some(id(19)));
    assert_eq!(sessions.of("an").iter().map(|(id, _)| *id).collect::<Vec<_>>(), [id(19)]);
    assert_eq!(id(19).short().len(), 16);
}

#[test]
fn a_password_opens_what_it_was_given_for() {
    let password = Password::new(Secret::copy_of(b"correct horse battery"), &["an"]).unwrap();
    let mut people = People::new(Separation::One);
    people.found("an", NewFactors { password: Verifier::of(&password, &[1; 16]), ..factors(AT_T0) }, T0).unwrap();
    let is_it = |people: &People, name: &str, typed: &[u8]| people.verifier(name).is(&Secret::copy_of(typed));
    assert!(is_it(&people, "an", b"correct horse battery"));
    assert!(!is_it(&people, "an", b"correct horse") && !is_it(&people, "eve", b"correct horse battery"));
    people.suspend("an", "an", true).unwrap_err();
    let second = authenticator(AT_T2);
    assert!(people.prove("an", false, second, T2).is_err() && people.prove("an", true, second, T2).is_ok());
}
