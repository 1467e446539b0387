//! A way in when nobody can sign in any more: whoever stands before the box makes an administrator, and the log says so.

use axum::response::Response;
use ipc::Name;
use ipc::people::{PeopleReply, PeopleRequest};
use pages::{CodePage, LostPage};
use people::Role;

use crate::ask::{Ask, page_of, redirect, status, unexpected, with_status};
use crate::facts::time;
use crate::people_page::role_words;
use crate::problems::Trouble;
use crate::set_up::shown_presence;

pub(crate) async fn page(ask: Ask) -> Response {
    match ask.console.founding().await {
        Ok((true, _)) => lost_page(&ask, None),
        Ok((false, _)) => redirect("/set-up"),
        Err(e) => ask.trouble(&e.into()),
    }
}

pub(crate) async fn invite(ask: Ask) -> Response {
    match invited(&ask).await {
        Ok(answer) => answer,
        Err(trouble) => lost_page(&ask, Some(&trouble)),
    }
}

async fn invited(ask: &Ask) -> Result<Response, Trouble> {
    let name = Name::new("the name", ask.fields.text("name", 64)?)?;
    let role = Name::new("the role", ask.fields.text("role", 32)?)?;
    let presence = shown_presence(ask).await?;
    let request = PeopleRequest::InvitePresent { presence, name: name.clone(), role };
    let PeopleReply::Invitation { code, until } = ask.people(request).await? else { return Err(unexpected()) };
    let (texts, code) = (ask.texts(), String::from_utf8_lossy(code.expose()).into_owned());
    Ok(page_of(&CodePage {
        frame: ask.frame(None, None),
        heading: texts.invitation_title(name.as_str()),
        what: texts.invitation_what(name.as_str(), time(until)),
        shown: &code,
        place: None,
        next: "/invitation",
    }))
}

fn lost_page(ask: &Ask, trouble: Option<&Trouble>) -> Response {
    let words = trouble.map(|trouble| trouble.words(ask.texts()));
    let roles = Role::ADMINISTRATORS.map(|role| (role.name(), role_words(role.name(), ask.texts()))).into();
    let page = page_of(&LostPage { frame: ask.frame(None, words.as_deref()), roles });
    match trouble {
        Some(trouble) => with_status(status(trouble), page),
        None => page,
    }
}
