//! The people: invited, given roles, suspended, reset, removed. What each may is decided in keyd.

use axum::response::Response;
use ipc::people::{Change, PeopleReply, PeopleRequest, Person, Problem, ProblemKind, Signed};
use ipc::{List, Name};
use pages::{Choice, CodePage, PeoplePage, PersonRow};
use people::Role;
use texts::Texts;

use crate::ask::{Ask, page_of, redirect, status, unexpected, with_status};
use crate::facts::time;
use crate::problems::Trouble;

const HERE: &str = "/people";

pub(crate) async fn people(ask: Ask) -> Response {
    people_page(&ask, None).await
}

pub(crate) async fn invite(mut ask: Ask) -> Response {
    let done = match ask.fields.or_empty("role") {
        "" => named(&ask).map(|name| Change::Invite { name }),
        role => named(&ask).and_then(|name| Ok(Change::InviteFounder { name, role: Name::new("the role", role)? })),
    };
    answer(&mut ask, done).await
}

/// All that are ticked, and no other.
pub(crate) async fn grant(mut ask: Ask) -> Response {
    let ticked = Role::ALL.into_iter().filter(|role| ask.fields.is_set(role.name()));
    let roles = ticked.map(|role| Name::shortened(role.name())).collect();
    let change = named(&ask).and_then(|name| Ok(Change::Grant { name, roles: List::new("roles", roles)? }));
    answer(&mut ask, change).await
}

pub(crate) async fn standing(mut ask: Ask) -> Response {
    let change = named(&ask).and_then(|name| match ask.fields.or_empty("what") {
        "suspend" => Ok(Change::Suspend { name, suspended: true }),
        "resume" => Ok(Change::Suspend { name, suspended: false }),
        "reset" => Ok(Change::Reset { name }),
        "remove" => Ok(Change::Remove { name }),
        _ => Err(Trouble::Field("what")),
    });
    answer(&mut ask, change).await
}

/// Has it done, and shows what comes of it: a code, or the people as they are then.
async fn answer(ask: &mut Ask, change: Result<Change, Trouble>) -> Response {
    // Whatever it was about, it is mended on this page.
    ask.path = HERE.into();
    let done = match change {
        Ok(change) => changed(ask, change).await,
        Err(trouble) => Err(trouble),
    };
    match done {
        Ok(answer) => answer,
        Err(trouble @ (Trouble::SignedOut | Trouble::Problem(Problem { kind: ProblemKind::StepUp, .. }))) => {
            ask.trouble(&trouble)
        }
        Err(trouble) => people_page(ask, Some(&trouble)).await,
    }
}

async fn changed(ask: &Ask, change: Change) -> Result<Response, Trouble> {
    let person = ask.signed_in().await?;
    let name = named(ask)?;
    match ask.people(PeopleRequest::Change { session: ask.session()?, change }).await? {
        PeopleReply::Invitation { code, until } => {
            let (texts, code) = (ask.texts(), String::from_utf8_lossy(code.expose()).into_owned());
            let place = ask.console.addresses().first().map(|address| format!("{address}/invitation"));
            Ok(page_of(&CodePage {
                frame: ask.frame(Some(&person), None),
                heading: texts.invitation_title(name.as_str()),
                what: texts.invitation_what(name.as_str(), time(until)),
                shown: &code,
                place,
                next: HERE,
            }))
        }
        PeopleReply::Done => Ok(redirect(HERE)),
        _ => Err(unexpected()),
    }
}

fn named(ask: &Ask) -> Result<Name, Trouble> {
    Ok(Name::new("the name", ask.fields.text("name", 64)?)?)
}

async fn people_page(ask: &Ask, trouble: Option<&Trouble>) -> Response {
    let (person, all) = match listed(ask).await {
        Ok(listed) => listed,
        Err(trouble) => return ask.trouble(&trouble),
    };
    let texts = ask.texts();
    let words = trouble.map(|trouble| trouble.words(texts));
    let rows = all.into_iter().map(|person| row(&person, texts)).collect();
    let offered = Role::ADMINISTRATORS.into_iter().map(|role| (role.name(), role_words(role.name(), texts))).collect();
    let frame = ask.frame(Some(&person), words.as_deref());
    let page = page_of(&PeoplePage { frame, people: rows, roles: offered });
    match trouble {
        Some(trouble) => with_status(status(trouble), page),
        None => page,
    }
}

async fn listed(ask: &Ask) -> Result<(Signed, Vec<Person>), Trouble> {
    let person = ask.signed_in().await?;
    let mut all: Vec<Person> = Vec::new();
    loop {
        let after = all.last().map_or_else(Name::default, |person| person.name.clone());
        match ask.people(PeopleRequest::List { session: ask.session()?, after }).await? {
            PeopleReply::People(page) if page.as_slice().is_empty() => return Ok((person, all)),
            PeopleReply::People(page) => all.extend(page.into_vec()),
            _ => return Err(unexpected()),
        }
    }
}

fn row(person: &Person, texts: &Texts) -> PersonRow {
    let has = |role: Role| person.roles.as_slice().iter().any(|name| name.as_str() == role.name());
    let roles: Vec<String> = person.roles.as_slice().iter().map(|role| role_words(role.as_str(), texts)).collect();
    let roles = if roles.is_empty() { texts.people_nothing() } else { roles.join(", ") };
    let standing = match person.last_sign_in {
        _ if person.suspended => texts.people_suspended(),
        _ if !person.is_settled => texts.people_invited(),
        Some(last) => texts.people_since(time(last)),
        None => texts.people_never(),
    };
    let choice = |role: Role| Choice { value: role.name(), words: role_words(role.name(), texts), chosen: has(role) };
    let (name, choices) = (person.name.as_str().into(), Role::ALL.map(choice).into());
    PersonRow { name, roles, standing, suspended: person.suspended, choices }
}

pub(crate) fn role_words(name: &str, texts: &Texts) -> String {
    match Role::parse(name) {
        Some(Role::SystemAdministrator) => texts.role_system_administrator(),
        Some(Role::SecurityAdministrator) => texts.role_security_administrator(),
        Some(Role::AuditAdministrator) => texts.role_audit_administrator(),
        Some(Role::Operator) => texts.role_operator(),
        Some(Role::Updater) => texts.role_updater(),
        Some(Role::Metrics) => texts.role_metrics(),
        None => name.into(),
    }
}
