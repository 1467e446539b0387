//! Programs: each is let in with a code of its own.

use axum::response::Response;
use ipc::Name;
use ipc::people::{PeopleReply, PeopleRequest, Problem, ProblemKind, Signed};
use onboarding::Step;
use pages::{CodePage, ProgramPage};

use crate::ask::{Ask, page_of, status, unexpected, with_status};
use crate::facts::time;
use crate::limits;
use crate::problems::Trouble;

pub(crate) async fn programs(ask: Ask) -> Response {
    match ask.signed_in().await {
        Ok(person) => program_page(&ask, &person, None).await,
        Err(trouble) => ask.trouble(&trouble),
    }
}

pub(crate) async fn let_program_in(ask: Ask) -> Response {
    let person = match ask.signed_in().await {
        Ok(person) => person,
        Err(trouble) => return ask.trouble(&trouble),
    };
    match code_for_program(&ask, &person, "/programs").await {
        Ok(answer) => match ask.console.steps.made_up_for(Step::Program) {
            Ok(()) => answer,
            Err(e) => {
                // The code is not shown again; the reminder may stay.
                eprintln!("consoled: {}", error_chain::chain(&e));
                answer
            }
        },
        Err(trouble @ Trouble::Problem(Problem { kind: ProblemKind::StepUp, .. })) => ask.trouble(&trouble),
        Err(trouble) => program_page(&ask, &person, Some(&trouble)).await,
    }
}

/// A program's way in, on a page that goes on to `next`.
pub(crate) async fn code_for_program(ask: &Ask, person: &Signed, next: &str) -> Result<Response, Trouble> {
    let name = Name::new("the program's name", ask.fields.text("name", 64)?)?;
    let role = Name::new("the role", ask.fields.text("role", 32)?)?;
    let session = ask.session()?;
    let request = PeopleRequest::CodeFor { session, name: name.clone(), role, valid_s: limits::CODE_S };
    let PeopleReply::PairingCode { code, until } = ask.people(request).await? else { return Err(unexpected()) };
    let texts = ask.texts();
    let host = ask.console.condition().addresses.first().map_or_else(|| "ADDRESS".into(), ToString::to_string);
    let code = String::from_utf8_lossy(code.expose()).into_owned();
    let shown = format!("coffer enrol --host {host} --code {code}");
    Ok(page_of(&CodePage {
        frame: ask.frame(Some(person), None),
        heading: texts.program_code_title(name.as_str()),
        what: texts.program_code_what(time(until)),
        shown: &shown,
        place: None,
        next,
    }))
}

async fn program_page(ask: &Ask, person: &Signed, trouble: Option<&Trouble>) -> Response {
    let words = trouble.map(|trouble| trouble.words(ask.texts()));
    let may_be_administrator = ask.console.founding().await.is_ok_and(|(_, three)| !three);
    let page = page_of(&ProgramPage { frame: ask.frame(Some(person), words.as_deref()), may_be_administrator });
    match trouble {
        Some(trouble) => with_status(status(trouble), page),
        None => page,
    }
}
