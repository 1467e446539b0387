//! Which pages a person is shown the way to: those that keyd says it may see.

use ipc::people::Signed;
use pages::MenuEntry;
use people::Right;
use texts::Texts;

struct Row {
    path: &'static str,
    words: fn(&Texts) -> String,
    /// `None`: whoever is signed in.
    right: Option<Right>,
}

const fn row(path: &'static str, words: fn(&Texts) -> String, right: Option<Right>) -> Row {
    Row { path, words, right }
}

const MENU: [Row; 7] = [
    row("/", Texts::overview, None),
    row("/keys", Texts::keys, Some(Right::SeeKeys)),
    row("/clients", Texts::clients, Some(Right::SeeClients)),
    row("/programs", Texts::programs, None),
    row("/people", Texts::people, None),
    row("/audit", Texts::audit, Some(Right::ReadAuditLog)),
    row("/attestation", Texts::attestation, None),
];

pub(crate) fn menu(person: &Signed, texts: &Texts) -> Vec<MenuEntry> {
    let seen = MENU.iter().filter(|row| row.right.is_none_or(|right| has(person, right)));
    seen.map(|row| MenuEntry { path: row.path, words: (row.words)(texts) }).collect()
}

/// What keyd said when it was asked who this is. It is asked again for whatever is done.
pub(crate) fn has(person: &Signed, right: Right) -> bool {
    person.rights.as_slice().iter().any(|name| name.as_str() == right.name())
}
