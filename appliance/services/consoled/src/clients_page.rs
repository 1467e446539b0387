//! Programs that were let in, their certificates, and the end of one. Who may see them and end them is decided in keyd.

use axum::response::Response;
use form_urlencoded::Serializer;
use ipc::Name;
use ipc::people::{PROGRAMS_SHOWN, PeopleReply, PeopleRequest, Program, Signed};
use pages::{ClientRow, ClientsPage, Fact};
use people::Right;
use texts::Texts;

use crate::ask::{Ask, page_of, status, unexpected, with_status};
use crate::facts::time;
use crate::fields::Fields;
use crate::menu::has;
use crate::problems::Trouble;
use crate::steps::now;

const HERE: &str = "/clients";

pub(crate) async fn page(ask: Ask) -> Response {
    clients_page(&ask, None, None).await
}

pub(crate) async fn revoke(mut ask: Ask) -> Response {
    // Whatever was refused is tried again on this page.
    ask.path = HERE.into();
    match revoked(&ask).await {
        Ok(name) => {
            let done = ask.texts().clients_revoke_done(name.as_str());
            clients_page(&ask, None, Some(done)).await
        }
        Err(trouble) if trouble.is_elsewhere() => ask.trouble(&trouble),
        Err(trouble) => clients_page(&ask, Some(&trouble), None).await,
    }
}

/// The name of the program that is none any more.
async fn revoked(ask: &Ask) -> Result<String, Trouble> {
    let serial = Name::new("the serial number", ask.fields.text("serial", 64)?)?;
    let typed = Name::new("the program's name", ask.fields.text("typed", 64)?)?;
    let name = typed.as_str().to_string();
    match ask.people(PeopleRequest::RevokeProgram { session: ask.session()?, serial, typed }).await? {
        PeopleReply::Done => Ok(name),
        _ => Err(unexpected()),
    }
}

async fn clients_page(ask: &Ask, trouble: Option<&Trouble>, done: Option<String>) -> Response {
    let person = match ask.signed_in().await {
        Ok(person) => person,
        Err(trouble) => return ask.trouble(&trouble),
    };
    match clients_shown(ask, &person, trouble, done).await {
        Ok(page) => page,
        Err(trouble) => ask.trouble_of(Some(&person), &trouble),
    }
}

async fn clients_shown(
    ask: &Ask,
    person: &Signed,
    trouble: Option<&Trouble>,
    done: Option<String>,
) -> Result<Response, Trouble> {
    let (texts, query) = (ask.texts(), Fields::parse(ask.query.as_bytes()).unwrap_or_default());
    let after = |name: &'static str| Name::new(name, query.or_empty(name));
    let (name, serial) = (after("name")?, after("serial")?);
    let request = PeopleRequest::Programs { session: ask.session()?, name, serial };
    let PeopleReply::Programs(programs) = ask.people(request).await? else { return Err(unexpected()) };
    let programs = programs.as_slice();
    let last = programs.last().filter(|_| programs.len() == PROGRAMS_SHOWN);
    let words = trouble.map(|trouble| trouble.words(texts));
    let page = page_of(&ClientsPage {
        frame: ask.frame(Some(person), words.as_deref()),
        done,
        clients: programs.iter().map(|program| row(program, texts)).collect(),
        may_revoke: has(person, Right::RevokeClient),
        more: last.map(|last| address(&[("name", last.name.as_str()), ("serial", last.serial.as_str())])),
    });
    Ok(match trouble {
        Some(trouble) => with_status(status(trouble), page),
        None => page,
    })
}

fn row(program: &Program, texts: &Texts) -> ClientRow {
    let fingerprint = match program.fingerprint.as_str() {
        "" => texts.word_unknown(),
        fingerprint => fingerprint.to_uppercase(),
    };
    let enrolled = if program.enrolled == 0 { texts.word_unknown() } else { time(program.enrolled) };
    let standing = match program {
        Program { revoked: true, .. } => texts.clients_revoked(),
        Program { void: true, .. } => texts.clients_void(),
        Program { expires, .. } if now() >= *expires => texts.clients_expired(),
        Program { confirmed: false, .. } => texts.clients_not_used(),
        _ => texts.clients_in_use(),
    };
    let facts = [
        (texts.clients_standing(), standing),
        (texts.clients_role(), role(program.role.as_str(), texts)),
        (texts.clients_fingerprint(), fingerprint),
        (texts.clients_serial(), program.serial.as_str().into()),
        (texts.clients_enrolled(), enrolled),
        (texts.clients_expires(), time(program.expires)),
    ];
    ClientRow {
        name: program.name.as_str().into(),
        serial: program.serial.as_str().into(),
        facts: facts.into_iter().map(|(label, words)| Fact { label, words }).collect(),
        revocable: !program.revoked,
    }
}

fn role(name: &str, texts: &Texts) -> String {
    match name {
        "administrator" => texts.program_administrator(),
        "operator" => texts.program_operator(),
        "auditor" => texts.program_auditor(),
        other => other.into(),
    }
}

fn address(pairs: &[(&str, &str)]) -> String {
    format!("{HERE}?{}", Serializer::new(String::new()).extend_pairs(pairs).finish())
}
