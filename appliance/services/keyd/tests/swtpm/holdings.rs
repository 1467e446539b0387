//! The box's keys, programs and log before the people at the console: whose roles it takes, and what is never done from there.

use ipc::keyd::{KeyKind, Limits, Operation, Refusal, Reply, Request};
use ipc::people::{Change, HeldKey, PeopleReply, PeopleRequest, Program};
use ipc::{List, Name};
use people::Right;
use secrets::Secret;

use crate::people::{Console, copy, with_keyd};
use crate::served::{Person, Served, WAIT, caller, name};

const DUAL: Limits = Limits { uses_max: 0, expires: 0, dual_control: true };

fn made(served: &Served, owner: &Person, called: &str, limits: Limits) -> Name {
    let operations = List::new("operations", vec![Operation::Encrypt]).unwrap();
    let (owner, called) = (owner.name.clone(), name(called));
    match served.ask(Request::CreateKey { owner, name: called, kind: KeyKind::ElGamal, operations, limits }) {
        Reply::Key(info) => info.id,
        other => panic!("{other:?}"),
    }
}

fn keys(console: &Console<'_>, session: &Secret, owner: &str, called: &str) -> Result<Vec<HeldKey>, Refusal> {
    let request = PeopleRequest::Keys { session: copy(session), owner: name(owner), name: name(called) };
    match console.ask(request)? {
        PeopleReply::Keys(keys) => Ok(keys.into_vec()),
        other => panic!("{other:?}"),
    }
}

fn programs(console: &Console<'_>, session: &Secret) -> Result<Vec<Program>, Refusal> {
    let request = PeopleRequest::Programs { session: copy(session), name: name(""), serial: name("") };
    match console.ask(request)? {
        PeopleReply::Programs(programs) => Ok(programs.into_vec()),
        other => panic!("{other:?}"),
    }
}

fn destroy(console: &Console<'_>, session: &Secret, id: &Name, typed: &str) -> Result<PeopleReply, Refusal> {
    console.ask(PeopleRequest::DestroyKey { session: copy(session), id: id.clone(), typed: name(typed) })
}

fn ticket(console: &Console<'_>, session: &Secret) -> Result<Secret, Refusal> {
    match console.ask(PeopleRequest::ReadLog { session: copy(session) })? {
        PeopleReply::LogTicket(ticket) => Ok(ticket),
        other => panic!("{other:?}"),
    }
}

fn rights(console: &Console<'_>, session: &Secret) -> Vec<String> {
    match console.look(session) {
        PeopleReply::Session { person, .. } => person.rights.as_slice().iter().map(Name::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

/// What each of three may, tried; and what the menu is made of says the same.
#[test]
fn each_of_three_may_what_the_table_says_and_nothing_else() {
    with_keyd(|_, console| {
        let an = console.founds("an", true);
        let an = console.session("an", &an);
        let founder = |called, role| Change::InviteFounder { name: name(called), role: name(role) };
        let bo = console.invited(&an, founder("bo", "security-administrator"), "bo");
        let cai = console.invited(&an, founder("cai", "audit-administrator"), "cai");
        let deng = console.invited(&an, Change::Invite { name: name("deng") }, "deng");
        let bo = console.session("bo", &bo);
        let operator = List::new("roles", vec![name("operator")]).unwrap();
        console.change(&bo, Change::Grant { name: name("deng"), roles: operator }).unwrap();
        let (cai, deng) = (console.session("cai", &cai), console.session("deng", &deng));
        for (session, expected) in [
            (&an, &[Right::SeeClients, Right::RevokeClient, Right::LetClientIn][..]),
            (&bo, &[Right::SeeKeys, Right::DestroyKey, Right::SeeClients]),
            (&cai, &[Right::SeeKeys, Right::ReadAuditLog, Right::SeeClients]),
            (&deng, &[]),
        ] {
            let has = |right| expected.contains(&right);
            let expected: Vec<&str> = expected.iter().map(|right| right.name()).collect();
            assert_eq!(rights(console, session), expected);
            // What is there for nobody is refused for another reason to whoever may.
            let because = |answer: Result<PeopleReply, Refusal>| {
                answer.err().is_none_or(|refusal| !refusal.text().contains("it takes one of"))
            };
            assert_eq!(keys(console, session, "", "").is_ok(), has(Right::SeeKeys), "{expected:?}");
            assert_eq!(ticket(console, session).is_ok(), has(Right::ReadAuditLog), "{expected:?}");
            assert_eq!(programs(console, session).is_ok(), has(Right::SeeClients), "{expected:?}");
            let destroyed = destroy(console, session, &name("none"), "none");
            assert_eq!(because(destroyed), has(Right::DestroyKey), "{expected:?}");
            let (serial, typed) = (name("none"), name("none"));
            let revoked = console.ask(PeopleRequest::RevokeProgram { session: copy(session), serial, typed });
            assert_eq!(because(revoked), has(Right::RevokeClient), "{expected:?}");
            let (called, role) = (name("payroll"), name("operator"));
            let code = PeopleRequest::CodeFor { session: copy(session), name: called, role, valid_s: 3600 };
            assert_eq!(console.ask(code).is_ok(), has(Right::LetClientIn), "{expected:?}");
        }
        let nobody = console.ask(PeopleRequest::ReadLog { session: Secret::new(vec![1; 32]) }).unwrap();
        assert!(matches!(nobody, PeopleReply::SignedOut { .. }), "{nobody:?}");
    });
}

#[test]
fn keys_of_all_owners_in_order_and_what_is_open_about_them() {
    with_keyd(|served, console| {
        let root = served.administrator();
        let alice = served.client(&root, "alice", "operator");
        let dual = made(served, &alice, "b", DUAL);
        made(served, &root, "a", Limits::default());
        made(served, &alice, "a", Limits { uses_max: 7, ..Limits::default() });
        let an = console.founds("an", false);
        let session = console.session("an", &an);
        let all = keys(console, &session, "", "").unwrap();
        let named: Vec<(&str, &str)> = all.iter().map(|key| (key.owner.as_str(), key.name.as_str())).collect();
        assert_eq!(named, [("administrator", "a"), ("alice", "a"), ("alice", "b")]);
        assert!(all[1].limits.uses_max == 7 && all.iter().all(|key| key.open.is_none()));
        let behind = keys(console, &session, "alice", "a").unwrap();
        assert!(behind.len() == 1 && behind[0].id == dual);
        served.ask(alice.destroy(served, &dual));
        let open = keys(console, &session, "alice", "a").unwrap()[0].open.clone().unwrap();
        assert!(open.by == *"alice" && !open.approved && open.id == served.requests()[0].id, "{open:?}");
    });
}

/// Who took the console over has no more than whoever is signed in there, and dual control is not gone round.
#[test]
fn a_key_under_dual_control_ends_by_two_and_by_nobody_at_the_console() {
    with_keyd(|served, console| {
        let root = served.administrator();
        let alice = served.client(&root, "alice", "operator");
        let (dual, single) = (made(served, &alice, "dual", DUAL), made(served, &alice, "single", Limits::default()));
        let an = console.founds("an", false);
        let session = console.session("an", &an);
        let refused = destroy(console, &session, &dual, "dual").unwrap_err();
        assert!(refused.text().contains("dual control") && served.requests().is_empty(), "{refused:?}");
        let refused = destroy(console, &session, &single, "dual").unwrap_err();
        assert!(refused.text().contains("not the key's name"), "{refused:?}");
        assert_eq!(keys(console, &session, "", "").unwrap().len(), 2);
        let Reply::Asked(asked) = served.ask(alice.destroy(served, &dual)) else { panic!() };
        destroy(console, &session, &dual, "dual").unwrap_err();
        assert!(matches!(served.ask(root.approve(served, &asked, &[])), Reply::Approved { keys: 1 }));
        assert!(matches!(destroy(console, &session, &single, "single").unwrap(), PeopleReply::Done));
        assert!(keys(console, &session, "", "").unwrap().is_empty());
        let lines = served.log.lines.lock().unwrap().clone();
        assert!(lines.iter().any(|line| line == "@an: destroy key"), "{lines:?}");
        // Without a line it is done all the same, as for its owner; without a session never.
        let nobody = destroy(console, &Secret::new(vec![1; 32]), &single, "single").unwrap();
        assert!(matches!(nobody, PeopleReply::SignedOut { .. }), "{nobody:?}");
    });
}

#[test]
fn a_program_is_revoked_by_its_name() {
    with_keyd(|served, console| {
        let root = served.administrator();
        served.client(&root, "alice", "operator");
        let an = console.founds("an", false);
        let session = console.session("an", &an);
        let listed = programs(console, &session).unwrap();
        let alice = listed.iter().find(|program| program.name == *"alice").unwrap();
        assert!(alice.fingerprint.as_str().len() == 64 && alice.enrolled > 0 && alice.confirmed && !alice.revoked);
        let revoke = |typed: &str| {
            let (session, serial) = (copy(&session), alice.serial.clone());
            console.ask(PeopleRequest::RevokeProgram { session, serial, typed: name(typed) })
        };
        assert!(revoke("administrator").unwrap_err().text().contains("not the program's name"));
        assert!(matches!(revoke("alice").unwrap(), PeopleReply::Done));
        assert!(revoke("alice").unwrap_err().text().contains("no such program"));
        assert!(served.clients().iter().any(|client| client.name == *"alice" && client.revoked));
        assert!(served.log.lines.lock().unwrap().iter().any(|line| line == "@an: revoke client"));
    });
}

/// The log's service learns a name, once, and nobody else learns it by the same ticket.
#[test]
fn a_ticket_for_the_log_is_good_once_and_for_the_logs_service() {
    with_keyd(|served, console| {
        let an = console.founds("an", false);
        let session = console.session("an", &an);
        let auditd = caller(&served.keyd, "auditd", &["check-reader"], drop);
        let shown = |ticket: Secret| auditd.call(&Request::CheckTicket { ticket }, WAIT).unwrap().0;
        let given = ticket(console, &session).unwrap();
        let copied = copy(&given);
        assert!(matches!(served.refusal(Request::CheckTicket { ticket: copy(&given) }), Refusal::NotAllowed(_)));
        assert!(matches!(shown(given), Reply::Reader { name } if name == *"@an"));
        for wrong in [copied, Secret::new(vec![0; 16]), Secret::new(Vec::new()), session] {
            assert!(matches!(shown(wrong), Reply::Refused(Refusal::NotAllowed(_))));
        }
        // computed, with all its grants, sees nothing of what people see.
        let session = Secret::new(vec![1; 32]);
        let refusal = served.refusal(Request::People(PeopleRequest::Keys { session, owner: name(""), name: name("") }));
        assert!(matches!(refusal, Refusal::NotAllowed(_)), "{refusal:?}");
    });
}
