//! The box's keys, and the end of one. Who may see them and end them is decided in keyd.

use axum::response::Response;
use form_urlencoded::Serializer;
use ipc::Name;
use ipc::keyd::{Deed, Ended, KeyState, Operation};
use ipc::people::{HeldKey, KEYS_SHOWN, OpenRequest, PeopleReply, PeopleRequest, Signed};
use pages::{Fact, KeyRow, KeysPage};
use people::Right;
use texts::Texts;

use crate::ask::{Ask, page_of, status, unexpected, with_status};
use crate::facts::time;
use crate::fields::Fields;
use crate::menu::has;
use crate::problems::Trouble;
use crate::steps::now;

const HERE: &str = "/keys";

pub(crate) async fn page(ask: Ask) -> Response {
    keys_page(&ask, None, None).await
}

pub(crate) async fn destroy(mut ask: Ask) -> Response {
    // Whatever was refused is tried again on this page.
    ask.path = HERE.into();
    match destroyed(&ask).await {
        Ok(name) => {
            let done = ask.texts().keys_destroyed(name.as_str());
            keys_page(&ask, None, Some(done)).await
        }
        Err(trouble) if trouble.is_elsewhere() => ask.trouble(&trouble),
        Err(trouble) => keys_page(&ask, Some(&trouble), None).await,
    }
}

/// The name of the key that is no more.
async fn destroyed(ask: &Ask) -> Result<String, Trouble> {
    let id = Name::new("the key's number", ask.fields.text("id", 64)?)?;
    let typed = Name::new("the key's name", ask.fields.text("typed", 64)?)?;
    let name = typed.as_str().to_string();
    match ask.people(PeopleRequest::DestroyKey { session: ask.session()?, id, typed }).await? {
        PeopleReply::Done => Ok(name),
        _ => Err(unexpected()),
    }
}

async fn keys_page(ask: &Ask, trouble: Option<&Trouble>, done: Option<String>) -> Response {
    let person = match ask.signed_in().await {
        Ok(person) => person,
        Err(trouble) => return ask.trouble(&trouble),
    };
    match keys_shown(ask, &person, trouble, done).await {
        Ok(page) => page,
        Err(trouble) => ask.trouble_of(Some(&person), &trouble),
    }
}

async fn keys_shown(
    ask: &Ask,
    person: &Signed,
    trouble: Option<&Trouble>,
    done: Option<String>,
) -> Result<Response, Trouble> {
    let (texts, query) = (ask.texts(), Fields::parse(ask.query.as_bytes()).unwrap_or_default());
    let after = |name: &'static str| Name::new(name, query.or_empty(name));
    let (owner, name) = (after("owner")?, after("name")?);
    let request = PeopleRequest::Keys { session: ask.session()?, owner, name };
    let PeopleReply::Keys(keys) = ask.people(request).await? else { return Err(unexpected()) };
    let keys = keys.as_slice();
    let last = keys.last().filter(|_| keys.len() == KEYS_SHOWN);
    let words = trouble.map(|trouble| trouble.words(texts));
    let page = page_of(&KeysPage {
        frame: ask.frame(Some(person), words.as_deref()),
        done,
        keys: keys.iter().map(|key| row(key, texts)).collect(),
        may_destroy: has(person, Right::DestroyKey),
        more: last.map(|last| address(&[("owner", last.owner.as_str()), ("name", last.name.as_str())])),
    });
    Ok(match trouble {
        Some(trouble) => with_status(status(trouble), page),
        None => page,
    })
}

fn row(key: &HeldKey, texts: &Texts) -> KeyRow {
    let limits = key.limits;
    let operations: Vec<String> = key.operations.as_slice().iter().map(|o| operation(*o, texts)).collect();
    let kind = texts.keys_kind_is(key.kind.bits().to_string(), key.kind.name());
    let kind = if key.imported { format!("{kind} · {}", texts.keys_imported()) } else { kind };
    let unlimited = |limit: u64, said: String| if limit == 0 { texts.word_unlimited() } else { said };
    let mut facts = vec![
        (texts.keys_owner(), key.owner.as_str().into()),
        (texts.keys_id(), key.id.as_str().into()),
        (texts.keys_kind(), kind),
        (texts.keys_operations(), operations.join(", ")),
        (texts.keys_created(), time(key.created)),
        (texts.keys_uses(), texts.keys_uses_are(key.private_uses.to_string(), key.uses.to_string())),
        (texts.keys_uses_max(), unlimited(limits.uses_max, texts.keys_uses_max_is(limits.uses_max.to_string()))),
        (texts.keys_expires(), unlimited(limits.expires, time(limits.expires))),
        (texts.keys_dual(), if limits.dual_control { texts.keys_dual_on() } else { texts.keys_dual_off() }),
    ];
    facts.extend(key.open.as_ref().map(|open| (texts.keys_open(), open_request(open, texts))));
    KeyRow {
        id: key.id.as_str().into(),
        name: key.name.as_str().into(),
        facts: facts.into_iter().map(|(label, words)| Fact { label, words }).collect(),
        trouble: trouble_with(key, texts),
        dual_control: limits.dual_control,
    }
}

fn open_request(open: &OpenRequest, texts: &Texts) -> String {
    let deed = match open.deed {
        Deed::Destroy => texts.deed_destroy(),
        Deed::Backup => texts.deed_backup(),
        Deed::Restore => texts.deed_restore(),
    };
    match open.approved {
        true => texts.keys_open_agreed(open.by.as_str(), deed),
        false => texts.keys_open_is(open.by.as_str(), deed, time(open.until)),
    }
}

/// Why it cannot be used.
fn trouble_with(key: &HeldKey, texts: &Texts) -> Option<String> {
    match (key.state, key.limits.ended(key.private_uses, now())) {
        (KeyState::Closed, _) => Some(texts.keys_closed()),
        (KeyState::OtherTpm | KeyState::NoVault, _) => Some(texts.keys_lost()),
        (KeyState::Usable, Some(Ended::Expired)) => Some(texts.keys_expired()),
        (KeyState::Usable, Some(Ended::UsedUp)) => Some(texts.keys_used_up()),
        (KeyState::Usable, None) => None,
    }
}

fn operation(operation: Operation, texts: &Texts) -> String {
    match operation {
        Operation::Encrypt => texts.operation_encrypt(),
        Operation::Decrypt => texts.operation_decrypt(),
        Operation::Evaluate => texts.operation_evaluate(),
        Operation::Sign => texts.operation_sign(),
        Operation::Derive => texts.operation_derive(),
    }
}

fn address(pairs: &[(&str, &str)]) -> String {
    format!("{HERE}?{}", Serializer::new(String::new()).extend_pairs(pairs).finish())
}
