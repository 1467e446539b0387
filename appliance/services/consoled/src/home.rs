//! The console itself: overview and programs.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use ipc::Name;
use ipc::people::{PeopleReply, PeopleRequest, Problem, ProblemKind, Signed};
use pages::{CodePage, OverviewPage, ProgramPage};
use people::Role;

use crate::facts::{facts, is_recovery_key_open, time};
use crate::limits;
use crate::problems::Trouble;
use crate::set_up::left_out;
use crate::web::{Ask, page_of, redirect, status, unexpected, with_status};

pub(crate) async fn overview(ask: Ask) -> Response {
    match ask.console.founding().await {
        Ok((true, _)) => {}
        Ok((false, _)) => return redirect("/set-up"),
        Err(e) => return ask.trouble(&e.into()),
    }
    let person = match ask.signed_in().await {
        Ok(person) => person,
        Err(trouble) => return ask.trouble(&trouble),
    };
    let is_unfinished = ask.console.steps.look(|steps| steps.next(true)).is_some();
    if is_unfinished && is_system_administrator(&person).is_ok() {
        return redirect("/set-up");
    }
    if let Err(e) = mended(&ask) {
        return ask.trouble(&e.into());
    }
    let frame = ask.frame(Some(person.name.as_str()), None);
    page_of(&OverviewPage { frame, facts: facts(&ask.console, ask.texts()), left_out: left_out(&ask) })
}

pub(crate) async fn programs(ask: Ask) -> Response {
    match ask.signed_in().await {
        Ok(person) => program_page(&ask, person.name.as_str(), None).await,
        Err(trouble) => ask.trouble(&trouble),
    }
}

pub(crate) async fn let_program_in(ask: Ask) -> Response {
    let person = match ask.signed_in().await {
        Ok(person) => person.name.into_string(),
        Err(trouble) => return ask.trouble(&trouble),
    };
    match code_for_program(&ask, &person, "/programs").await {
        Ok(answer) => match ask.console.steps.made_up_for(onboarding::Step::Program) {
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

/// The authority of the console's certificate, for browsers that are to trust it.
pub(crate) async fn authority(ask: Ask) -> Response {
    let Some(current) = ask.console.shown.current() else { return ask.trouble(&Trouble::NoPage) };
    let disposition = format!("attachment; filename=\"{}.crt\"", ask.machine());
    let headers = [(CONTENT_TYPE, "application/x-x509-ca-cert".to_string()), (CONTENT_DISPOSITION, disposition)];
    (headers, current.authority).into_response()
}

/// A program's way in, on a page that goes on to `next`.
pub(crate) async fn code_for_program(ask: &Ask, person: &str, next: &str) -> Result<Response, Trouble> {
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

pub(crate) fn is_system_administrator(person: &Signed) -> Result<(), Trouble> {
    let role = Role::SystemAdministrator.name();
    match person.roles.as_slice().iter().any(|found| found.as_str() == role) {
        true => Ok(()),
        false => Err(Trouble::Problem(Problem {
            kind: ProblemKind::NotAllowed,
            about: ipc::Text::shortened(role),
            words: ipc::Text::shortened("it takes a system administrator"),
        })),
    }
}

/// What was left out in the set-up, and has been done in another way since.
fn mended(ask: &Ask) -> Result<(), crate::error::ConsoleError> {
    let condition = ask.console.condition();
    if condition.degraded.is_empty() {
        ask.console.steps.made_up_for(onboarding::Step::Checks)?;
    }
    if !is_recovery_key_open(&ask.console) {
        ask.console.steps.made_up_for(onboarding::Step::RecoveryKey)?;
    }
    Ok(())
}

async fn program_page(ask: &Ask, person: &str, trouble: Option<&Trouble>) -> Response {
    let words = trouble.map(|trouble| trouble.words(ask.texts()));
    let may_be_administrator = ask.console.founding().await.is_ok_and(|(_, three)| !three);
    let page = page_of(&ProgramPage { frame: ask.frame(Some(person), words.as_deref()), may_be_administrator });
    match trouble {
        Some(trouble) => with_status(status(trouble), page),
        None => page,
    }
}
