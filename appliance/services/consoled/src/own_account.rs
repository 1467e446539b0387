//! Whoever is signed in, about itself.

use axum::response::Response;
use ipc::people::{Change, PeopleReply, PeopleRequest, Problem, ProblemKind};
use ipc::{List, Text};
use pages::{OwnAccountPage, SpareCodesPage};

use crate::ask::{Ask, page_of, redirect, status, unexpected, with_cookie, with_status};
use crate::invitation::PASSWORD_MAX;
use crate::problems::Trouble;
use crate::visitor::{SESSION, no_cookie};

const HERE: &str = "/account";

pub(crate) async fn page(ask: Ask) -> Response {
    own_page(&ask, None, None).await
}

/// A new password ends all sessions, this one too.
pub(crate) async fn password(mut ask: Ask) -> Response {
    match new_password(&ask).await {
        Ok(()) => with_cookie(redirect("/sign-in"), no_cookie(SESSION)),
        Err(trouble) => refused(&mut ask, &trouble).await,
    }
}

pub(crate) async fn codes(mut ask: Ask) -> Response {
    match new_codes(&ask).await {
        Ok(answer) => answer,
        Err(trouble) => refused(&mut ask, &trouble).await,
    }
}

pub(crate) async fn sessions(mut ask: Ask) -> Response {
    let ended = match ask.session() {
        Ok(session) => ask.people(PeopleRequest::SignOut { session, others: true }).await,
        Err(trouble) => Err(trouble),
    };
    match ended {
        Ok(_) => {
            let done = ask.texts().own_sessions_ended();
            ask.path = HERE.into();
            own_page(&ask, None, Some(done)).await
        }
        Err(trouble) => refused(&mut ask, &trouble).await,
    }
}

async fn new_password(ask: &Ask) -> Result<(), Trouble> {
    let password = ask.fields.secret("password", PASSWORD_MAX)?;
    if !password.equals(&ask.fields.secret("again", PASSWORD_MAX)?) {
        return Err(Trouble::Different);
    }
    let names = List::new("names", vec![Text::shortened(ask.machine())])?;
    let change = Change::OwnPassword { password, names };
    ask.people(PeopleRequest::Change { session: ask.session()?, change }).await.map(drop)
}

async fn new_codes(ask: &Ask) -> Result<Response, Trouble> {
    let person = ask.signed_in().await?;
    let request = PeopleRequest::Change { session: ask.session()?, change: Change::OwnSpareCodes };
    let PeopleReply::SpareCodes(codes) = ask.people(request).await? else { return Err(unexpected()) };
    let codes = codes.as_slice().iter().map(|code| String::from_utf8_lossy(code.expose()).into_owned()).collect();
    Ok(page_of(&SpareCodesPage { frame: ask.frame(Some(&person), None), codes }))
}

async fn refused(ask: &mut Ask, trouble: &Trouble) -> Response {
    // What was refused is tried again on this page.
    ask.path = HERE.into();
    match trouble {
        Trouble::SignedOut | Trouble::Problem(Problem { kind: ProblemKind::StepUp, .. }) => ask.trouble(trouble),
        trouble => own_page(ask, Some(trouble), None).await,
    }
}

async fn own_page(ask: &Ask, trouble: Option<&Trouble>, done: Option<String>) -> Response {
    let person = match ask.signed_in().await {
        Ok(person) => person,
        Err(trouble) => return ask.trouble(&trouble),
    };
    let words = trouble.map(|trouble| trouble.words(ask.texts()));
    let page = page_of(&OwnAccountPage { frame: ask.frame(Some(&person), words.as_deref()), done });
    match trouble {
        Some(trouble) => with_status(status(trouble), page),
        None => page,
    }
}
