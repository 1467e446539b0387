//! New people: what they fill in, and invitations.

use axum::response::Response;
use data_encoding::HEXLOWER;
use ipc::people::{NewPerson, PeopleReply, PeopleRequest};
use ipc::{Bytes, List, Name, Text};
use pages::{Account, InvitationPage, picture};
use secrets::Secret;

use crate::ask::{Ask, page_of, redirect, status, unexpected, with_cookie, with_status};
use crate::problems::Trouble;
use crate::visitor::{SESSION, secret_cookie};

pub(crate) const PASSWORD_MAX: usize = 256;
/// Under which an authenticator lists what it was shown; the person's name is not known yet.
const LISTED_AS: &str = "console";

pub(crate) async fn page(ask: Ask) -> Response {
    invitation_page(&ask, None).await
}

pub(crate) async fn accept(ask: Ask) -> Response {
    match accepted(&ask).await {
        Ok(session) => with_cookie(redirect("/"), secret_cookie(SESSION, &session)),
        Err(trouble) => invitation_page(&ask, Some(&trouble)).await,
    }
}

/// What a form for a new person shows.
pub(crate) struct Filled {
    authenticator: String,
    picture: String,
    secret: String,
}

impl Filled {
    pub(crate) fn account<'a>(&'a self, ask: &'a Ask) -> Account<'a> {
        let Filled { authenticator, picture, secret } = self;
        Account { authenticator, picture, secret, name: ask.fields.or_empty("name") }
    }
}

/// The authenticator that the form showed before, as long as keyd has it, or a new one: who mistypes need not scan again.
pub(crate) async fn account(ask: &Ask) -> Result<Filled, Trouble> {
    let before = HEXLOWER.decode(ask.fields.or_empty("authenticator").as_bytes()).unwrap_or_default();
    let again = Bytes::new("an authenticator", before).unwrap_or_default();
    let issuer = Text::shortened(ask.machine());
    let request = PeopleRequest::NewAuthenticator { name: Name::shortened(LISTED_AS), issuer, again, from: ask.from() };
    match ask.people(request).await? {
        PeopleReply::Authenticator { id, secret, uri } => Ok(Filled {
            authenticator: HEXLOWER.encode(id.as_slice()),
            picture: picture(&String::from_utf8_lossy(uri.expose())).unwrap_or_default(),
            secret: String::from_utf8_lossy(secret.expose()).into_owned(),
        }),
        _ => Err(unexpected()),
    }
}

pub(crate) fn new_person(ask: &Ask) -> Result<NewPerson, Trouble> {
    let fields = &ask.fields;
    let password = fields.secret("password", PASSWORD_MAX)?;
    if !password.equals(&fields.secret("again", PASSWORD_MAX)?) {
        return Err(Trouble::Different);
    }
    let authenticator = HEXLOWER.decode(fields.text("authenticator", 32)?.as_bytes()).unwrap_or_default();
    Ok(NewPerson {
        name: Name::new("the name", fields.text("name", 64)?)?,
        password,
        authenticator: Bytes::new("an authenticator", authenticator)?,
        code: Text::new("the six digits", fields.text("code", 16)?)?,
        names: List::new("names", vec![Text::shortened(ask.machine())])?,
    })
}

async fn accepted(ask: &Ask) -> Result<Secret, Trouble> {
    let code = Text::new("the invitation's code", ask.fields.text("invitation", 32)?)?;
    match ask.people(PeopleRequest::Accept { code, person: new_person(ask)?, from: ask.from() }).await? {
        PeopleReply::SignedIn { session, .. } => Ok(session),
        _ => Err(unexpected()),
    }
}

async fn invitation_page(ask: &Ask, trouble: Option<&Trouble>) -> Response {
    let filled = match account(ask).await {
        Ok(filled) => filled,
        Err(trouble) => return ask.trouble(&trouble),
    };
    let words = trouble.map(|trouble| trouble.words(ask.texts()));
    let page = page_of(&InvitationPage { frame: ask.frame(None, words.as_deref()), account: filled.account(ask) });
    match trouble {
        Some(trouble) => with_status(status(trouble), page),
        None => page,
    }
}
