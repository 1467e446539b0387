//! The first set-up, page by page. What a page does is made first, and that it is done written down after it.

use axum::response::Response;
use ipc::Text;
use ipc::control::Report;
use ipc::people::{PeopleReply, PeopleRequest, Problem, ProblemKind, Signed};
use onboarding::{How, Step};
use pages::{AdministratorsPage, ChecksPage, Frame, PresencePage, ProgramPage, RecoveryKeyPage, SummaryPage};
use secrets::Secret;
use texts::Language;
use tokio::time::timeout;

use crate::ask::{Ask, is_system_administrator, page_of, redirect, status, unexpected, with_cookie, with_status};
use crate::facts::{facts, is_recovery_key_open, left_out};
use crate::invitation::{account, new_person};
use crate::limits;
use crate::problems::Trouble;
use crate::programs::code_for_program;
use crate::visitor::{PRESENCE, SESSION, no_cookie, secret_cookie};

/// To the first step that is not done.
pub(crate) async fn next(ask: Ask) -> Response {
    match ask.console.founding().await {
        Ok((is_founded, _)) => match ask.console.steps.look(|steps| steps.next(is_founded)) {
            Some(Step::Presence) if ask.visitor.presence.is_some() => redirect("/set-up/administrators"),
            Some(step) => redirect(&format!("/set-up/{}", step.name())),
            None => redirect("/"),
        },
        Err(e) => ask.trouble(&e.into()),
    }
}

pub(crate) async fn presence(ask: Ask) -> Response {
    match is_founded(&ask).await {
        Ok(true) => redirect("/set-up"),
        Ok(false) => page_of(&PresencePage { frame: step(&ask, Step::Presence, None, None) }),
        Err(trouble) => ask.trouble(&trouble),
    }
}

pub(crate) async fn show_presence(ask: Ask) -> Response {
    match shown_presence(&ask).await {
        Ok(token) => with_cookie(redirect("/set-up/administrators"), secret_cookie(PRESENCE, &token)),
        Err(trouble) => {
            let words = trouble.words(ask.texts());
            let page = PresencePage { frame: step(&ask, Step::Presence, None, Some(&words)) };
            with_status(status(&trouble), page_of(&page))
        }
    }
}

pub(crate) async fn administrators(ask: Ask) -> Response {
    match is_founded(&ask).await {
        Ok(true) => redirect("/set-up"),
        Ok(false) if ask.visitor.presence.is_none() => redirect("/set-up/presence"),
        Ok(false) => administrators_page(&ask, None).await,
        Err(trouble) => ask.trouble(&trouble),
    }
}

pub(crate) async fn found(ask: Ask) -> Response {
    match founded(&ask).await {
        Ok(session) => {
            let answer = with_cookie(redirect("/set-up"), secret_cookie(SESSION, &session));
            with_cookie(answer, no_cookie(PRESENCE))
        }
        // The code that the screen shows now has to be typed.
        Err(trouble @ (Trouble::SignedOut | Trouble::Problem(Problem { kind: ProblemKind::NotPresent, .. }))) => {
            let words = trouble.words(ask.texts());
            let page = page_of(&PresencePage { frame: step(&ask, Step::Presence, None, Some(&words)) });
            with_cookie(with_status(status(&trouble), page), no_cookie(PRESENCE))
        }
        Err(trouble) => administrators_page(&ask, Some(&trouble)).await,
    }
}

pub(crate) async fn checks(ask: Ask) -> Response {
    match administrator(&ask).await {
        Ok(person) => page_of(&ChecksPage {
            frame: step(&ask, Step::Checks, Some(&person), None),
            facts: facts(&ask.console, ask.texts()),
        }),
        Err(trouble) => ask.trouble(&trouble),
    }
}

pub(crate) async fn checks_read(ask: Ask) -> Response {
    let has_warnings = !ask.console.condition().degraded.is_empty();
    let how = if has_warnings { How::LeftOut } else { How::Done };
    match administrator(&ask).await.and_then(|_| Ok(ask.console.steps.finish(Step::Checks, how)?)) {
        Ok(()) => redirect("/set-up"),
        Err(trouble) => ask.trouble(&trouble),
    }
}

pub(crate) async fn recovery_key(ask: Ask) -> Response {
    match administrator(&ask).await {
        Ok(person) => recovery_key_page(&ask, &person, None),
        Err(trouble) => ask.trouble(&trouble),
    }
}

pub(crate) async fn recovery_key_written(ask: Ask) -> Response {
    let person = match administrator(&ask).await {
        Ok(person) => person,
        Err(trouble) => return ask.trouble(&trouble),
    };
    let how = if ask.fields.is_set("later") { Ok(How::LeftOut) } else { confirmed(&ask).await.map(|()| How::Done) };
    match how.and_then(|how| Ok(ask.console.steps.finish(Step::RecoveryKey, how)?)) {
        Ok(()) => redirect("/set-up"),
        Err(trouble) => recovery_key_page(&ask, &person, Some(&trouble)),
    }
}

pub(crate) async fn program(ask: Ask) -> Response {
    match administrator(&ask).await {
        Ok(person) => program_page(&ask, &person, None).await,
        Err(trouble) => ask.trouble(&trouble),
    }
}

pub(crate) async fn let_program_in(ask: Ask) -> Response {
    let person = match administrator(&ask).await {
        Ok(person) => person,
        Err(trouble) => return ask.trouble(&trouble),
    };
    if ask.fields.is_set("later") {
        return match ask.console.steps.finish(Step::Program, How::LeftOut) {
            Ok(()) => redirect("/set-up"),
            Err(e) => ask.trouble(&e.into()),
        };
    }
    match code_for_program(&ask, &person, "/set-up").await {
        // The code is shown, come what may of the file: it is not shown again.
        Ok(answer) => match ask.console.steps.finish(Step::Program, How::Done) {
            Ok(()) => answer,
            Err(e) => {
                eprintln!("consoled: {}", error_chain::chain(&e));
                answer
            }
        },
        Err(trouble @ Trouble::Problem(Problem { kind: ProblemKind::StepUp, .. })) => ask.trouble(&trouble),
        Err(trouble) => program_page(&ask, &person, Some(&trouble)).await,
    }
}

pub(crate) async fn summary(ask: Ask) -> Response {
    let person = match administrator(&ask).await {
        Ok(person) => person,
        Err(trouble) => return ask.trouble(&trouble),
    };
    match ask.console.founding().await {
        Ok((_, three)) => page_of(&SummaryPage {
            frame: step(&ask, Step::Summary, Some(&person), None),
            addresses: ask.console.addresses(),
            left_out: left_out(&ask.console, ask.texts()),
            three,
        }),
        Err(e) => ask.trouble(&e.into()),
    }
}

pub(crate) async fn finish(ask: Ask) -> Response {
    match administrator(&ask).await.and_then(|_| Ok(ask.console.steps.finish(Step::Summary, How::Done)?)) {
        Ok(()) => redirect("/"),
        Err(trouble) => ask.trouble(&trouble),
    }
}

fn step<'a>(ask: &'a Ask, step: Step, person: Option<&'a Signed>, problem: Option<&'a str>) -> Frame<'a> {
    Frame { step: Some((step.number(), Step::ALL.len())), ..ask.frame(person, problem) }
}

async fn is_founded(ask: &Ask) -> Result<bool, Trouble> {
    Ok(ask.console.founding().await?.0)
}

/// Whoever is signed in, and sets the box up.
async fn administrator(ask: &Ask) -> Result<Signed, Trouble> {
    if !is_founded(ask).await? {
        return Err(Trouble::SignedOut);
    }
    let person = ask.signed_in().await?;
    is_system_administrator(&person)?;
    Ok(person)
}

/// keyd's word that somebody here stands before the box, and typed what its screen shows.
pub(crate) async fn shown_presence(ask: &Ask) -> Result<Secret, Trouble> {
    let (typed, from) = (ask.fields.secret("code", 64)?, ask.from());
    match ask.people(PeopleRequest::Present { typed, from: from.clone() }).await? {
        PeopleReply::Present { token } => {
            ask.console.report(Report::screen(&format!("somebody at {from} has typed the code of this screen")));
            Ok(token)
        }
        _ => Err(unexpected()),
    }
}

async fn founded(ask: &Ask) -> Result<Secret, Trouble> {
    let token = ask.visitor.presence.as_ref().ok_or(Trouble::SignedOut)?;
    let presence = Secret::copy_of(token.expose());
    let (separate, person) = (ask.fields.is_set("three"), new_person(ask)?);
    match ask.people(PeopleRequest::Found { presence, separate, person, from: ask.from() }).await? {
        PeopleReply::SignedIn { session, .. } => Ok(session),
        _ => Err(unexpected()),
    }
}

async fn administrators_page(ask: &Ask, trouble: Option<&Trouble>) -> Response {
    let filled = match account(ask).await {
        Ok(filled) => filled,
        Err(trouble) => return ask.trouble(&trouble),
    };
    let words = trouble.map(|trouble| trouble.words(ask.texts()));
    let three = match trouble {
        None => ask.visitor.language == Language::Chinese,
        Some(_) => ask.fields.is_set("three"),
    };
    let frame = step(ask, Step::Administrators, None, words.as_deref());
    let page = page_of(&AdministratorsPage { frame, account: filled.account(ask), three });
    match trouble {
        Some(trouble) => with_status(status(trouble), page),
        None => page,
    }
}

fn recovery_key_page(ask: &Ask, person: &Signed, trouble: Option<&Trouble>) -> Response {
    let words = trouble.map(|trouble| trouble.words(ask.texts()));
    let frame = step(ask, Step::RecoveryKey, Some(person), words.as_deref());
    let page = page_of(&RecoveryKeyPage { frame, is_confirmed: !is_recovery_key_open(&ask.console) });
    match trouble {
        Some(trouble) => with_status(status(trouble), page),
        None => page,
    }
}

async fn program_page(ask: &Ask, person: &Signed, trouble: Option<&Trouble>) -> Response {
    let words = trouble.map(|trouble| trouble.words(ask.texts()));
    let may_be_administrator = ask.console.founding().await.is_ok_and(|(_, three)| !three);
    let page =
        page_of(&ProgramPage { frame: step(ask, Step::Program, Some(person), words.as_deref()), may_be_administrator });
    match trouble {
        Some(trouble) => with_status(status(trouble), page),
        None => page,
    }
}

/// The supervisor has the key, and says so by taking the notice back.
async fn confirmed(ask: &Ask) -> Result<(), Trouble> {
    if !is_recovery_key_open(&ask.console) {
        return Ok(());
    }
    let last = Text::new("the last characters", ask.fields.text("last", 8)?)?;
    let mut conditions = ask.console.conditions();
    ask.console.report(Report::RecoveryKeyWritten(last));
    let changed = async {
        while is_recovery_key_open(&ask.console) {
            if conditions.changed().await.is_err() {
                return;
            }
        }
    };
    timeout(limits::CONFIRMED, changed).await.map_err(|_| Trouble::Recovery)
}
