//! No sequence of calls gives one account two of the three administrators, or takes the last of one away.
#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use people::{NewFactors, OneTimeCode, People, Refusal, Role, Separation, TotpSecret, Verifier};
use proptest::prelude::*;
use secrets::Secret;

const NAMES: [&str; 6] = ["an", "bo", "cai", "deng", "eve", "fang"];
const CODE: [u8; 8] = [3; 8];
/// RFC 6238's secret and its code of this second.
const NOW: u64 = 1_111_111_109;
const SHOWN: &str = "081804";

#[derive(Clone, Debug)]
enum Call {
    Invite { by: usize, name: usize },
    InviteFounder { by: usize, name: usize, role: usize },
    InvitePresent { name: usize, role: usize },
    Accept { name: usize },
    Grant { by: usize, name: usize, roles: Vec<usize> },
    Suspend { by: usize, name: usize, suspended: bool },
    Reset { by: usize, name: usize },
    Remove { by: usize, name: usize },
    Separate { by: usize, name: usize },
}

fn call() -> impl Strategy<Value = Call> {
    let (name, role) = (0..NAMES.len(), 0..Role::ALL.len());
    let pair = (0..NAMES.len(), 0..NAMES.len());
    prop_oneof![
        pair.clone().prop_map(|(by, name)| Call::Invite { by, name }),
        (pair.clone(), role.clone()).prop_map(|((by, name), role)| Call::InviteFounder { by, name, role }),
        (name.clone(), role.clone()).prop_map(|(name, role)| Call::InvitePresent { name, role }),
        name.prop_map(|name| Call::Accept { name }),
        (pair.clone(), prop::collection::vec(role, 0..4)).prop_map(|((by, name), roles)| Call::Grant {
            by,
            name,
            roles
        }),
        (pair.clone(), any::<bool>()).prop_map(|((by, name), suspended)| Call::Suspend { by, name, suspended }),
        pair.clone().prop_map(|(by, name)| Call::Reset { by, name }),
        pair.clone().prop_map(|(by, name)| Call::Remove { by, name }),
        pair.prop_map(|(by, name)| Call::Separate { by, name }),
    ]
}

fn factors() -> NewFactors<'static> {
    let totp = TotpSecret::new(Secret::copy_of(b"12345678901234567890")).unwrap();
    NewFactors { password: Verifier::nobody(), totp, code: SHOWN }
}

fn made(people: &mut People, call: &Call) -> Result<(), Refusal> {
    let (shown, code) = OneTimeCode::new(&CODE);
    let (until, now) = (NOW + 3600, NOW);
    match call {
        Call::Invite { by, name } => people.invite(NAMES[*by], NAMES[*name], code, until, now),
        Call::InviteFounder { by, name, role } => {
            people.invite_founder(NAMES[*by], NAMES[*name], Role::ALL[*role], code, until, now)
        }
        Call::InvitePresent { name, role } => people.invite_present(NAMES[*name], Role::ALL[*role], code, until, now),
        Call::Accept { name } => people.accept(NAMES[*name], &shown, factors(), now),
        Call::Grant { by, name, roles } => {
            let roles: Vec<Role> = roles.iter().map(|role| Role::ALL[*role]).collect();
            people.grant(NAMES[*by], NAMES[*name], &roles)
        }
        Call::Suspend { by, name, suspended } => people.suspend(NAMES[*by], NAMES[*name], *suspended),
        Call::Reset { by, name } => people.reset(NAMES[*by], NAMES[*name], code, until),
        Call::Remove { by, name } => people.remove(NAMES[*by], NAMES[*name]),
        Call::Separate { by, name } => people.separate(NAMES[*by], NAMES[*name], code, until, now),
    }
}

/// The administrators' roles that somebody has, or is invited to, and is not kept from.
fn held(people: &People) -> Vec<Role> {
    let views = people.views();
    let is_held = |role: &Role| views.iter().any(|view| view.roles.has(*role) && !view.suspended);
    Role::ADMINISTRATORS.into_iter().filter(is_held).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300)))]

    #[test]
    fn administrators_exclude_each_other_and_none_is_the_last_to_go(
        three in any::<bool>(),
        calls in prop::collection::vec(call(), 1..60),
    ) {
        let mut people = People::new(if three { Separation::Three } else { Separation::One });
        people.found(NAMES[0], factors(), NOW).unwrap();
        for call in &calls {
            let (before, text) = (held(&people), serde_json::to_string(&people).unwrap());
            let outcome = made(&mut people, call);
            if outcome.is_err() {
                prop_assert_eq!(&serde_json::to_string(&people).unwrap(), &text, "a refusal changes nothing: {:?}", call);
            }
            let after = held(&people);
            prop_assert!(before.iter().all(|role| after.contains(role)), "{call:?} took {before:?} to {after:?}");
            for view in people.views() {
                let administrates = Role::ADMINISTRATORS.into_iter().filter(|role| view.roles.has(*role)).count();
                if people.separation() == Separation::Three {
                    prop_assert!(administrates == 0 || view.roles.iter().count() == 1, "{view:?}");
                }
                prop_assert!(!view.roles.has(Role::AuditAdministrator) || view.roles.iter().count() == 1, "{view:?}");
            }
            // What was kept is what is read.
            let again: People = serde_json::from_str(&serde_json::to_string(&people).unwrap()).unwrap();
            prop_assert_eq!(again.views(), people.views());
        }
    }
}
