//! Coming in, proving it again, and going.

use axum::response::Response;
use ipc::people::{PeopleReply, PeopleRequest, SecondFactor};
use ipc::{Name, Text};
use pages::SignInPage;
use secrets::Secret;

use crate::ask::{Ask, page_here, page_of, redirect, status, unexpected, with_cookie, with_status};
use crate::invitation::PASSWORD_MAX;
use crate::problems::Trouble;
use crate::visitor::{SESSION, no_cookie, secret_cookie};

/// Digits of an authenticator; a code for a lost one is longer.
const DIGITS: usize = 6;

pub(crate) async fn page(ask: Ask) -> Response {
    match ask.console.founding().await {
        Ok((true, _)) => form(&ask, false, None),
        Ok((false, _)) => redirect("/set-up"),
        Err(e) => ask.trouble(&e.into()),
    }
}

pub(crate) async fn sign_in(ask: Ask) -> Response {
    match signed_in(&ask).await {
        Ok(session) => with_cookie(redirect(page_here(ask.fields.or_empty("back"))), secret_cookie(SESSION, &session)),
        Err(trouble) => form(&ask, false, Some(&trouble)),
    }
}

pub(crate) async fn again(ask: Ask) -> Response {
    match ask.signed_in().await {
        Ok(_) => form(&ask, true, None),
        Err(trouble) => ask.trouble(&trouble),
    }
}

pub(crate) async fn prove(ask: Ask) -> Response {
    match proven(&ask).await {
        Ok(()) => redirect(page_here(ask.fields.or_empty("back"))),
        Err(trouble @ Trouble::SignedOut) => ask.trouble(&trouble),
        Err(trouble) => form(&ask, true, Some(&trouble)),
    }
}

pub(crate) async fn sign_out(ask: Ask) -> Response {
    if let Ok(session) = ask.session()
        && let Err(trouble) = ask.people(PeopleRequest::SignOut { session, others: false }).await
    {
        return ask.trouble(&trouble);
    }
    with_cookie(redirect("/sign-in"), no_cookie(SESSION))
}

fn form(ask: &Ask, is_again: bool, trouble: Option<&Trouble>) -> Response {
    let words = trouble.map(|trouble| trouble.words(ask.texts()));
    // From the address at first, from the form when it comes again.
    let asked = ask.query.split('&').find_map(|pair| pair.strip_prefix("back="));
    let back = page_here(asked.unwrap_or_else(|| ask.fields.or_empty("back")));
    let page = page_of(&SignInPage { frame: ask.frame(None, words.as_deref()), is_again, back });
    match trouble {
        Some(trouble) => with_status(status(trouble), page),
        None => page,
    }
}

async fn signed_in(ask: &Ask) -> Result<Secret, Trouble> {
    let (password, second) = factors(ask)?;
    let name = Name::new("the name", ask.fields.text("name", 64)?)?;
    match ask.people(PeopleRequest::SignIn { name, password, second, from: ask.from() }).await? {
        PeopleReply::SignedIn { session, .. } => Ok(session),
        _ => Err(unexpected()),
    }
}

async fn proven(ask: &Ask) -> Result<(), Trouble> {
    let (session, (password, second)) = (ask.session()?, factors(ask)?);
    ask.people(PeopleRequest::Prove { session, password, second }).await.map(drop)
}

fn factors(ask: &Ask) -> Result<(Secret, SecondFactor), Trouble> {
    let password = ask.fields.secret("password", PASSWORD_MAX)?;
    let code: String = ask.fields.text("code", 32)?.chars().filter(|c| !c.is_whitespace()).collect();
    let second = match code.len() == DIGITS && code.bytes().all(|b| b.is_ascii_digit()) {
        true => SecondFactor::Authenticator(Text::new("the six digits", code)?),
        false => SecondFactor::Spare(Text::new("a code for a lost telephone", code)?),
    };
    Ok((password, second))
}
