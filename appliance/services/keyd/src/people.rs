//! The people at the console: kept in a file, compared with what they show, and signed in. The console carries what they type, and gets
//! nothing that nobody signs in for.
//!
//! A change is tried on a copy; then its line is in the audit log; then it is made, on the disk first.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use ipc::keyd::Reply;
use ipc::people::{PeopleReply, PeopleRequest};
use ipc::{Name, Responder};
use people::{Attempts, People, Refusal, Separation, Session, SessionId, Sessions};
use secrets::Secret;

use crate::error::{busy, file, not_allowed};
use crate::serve::{Keyd, lock, send};
use crate::{KeydError, set_aside};

mod authenticators;
mod changes;
mod codes;
mod founding;
mod presence;
mod problems;
mod signing_in;

use authenticators::Authenticators;
pub(crate) use presence::Presence;

const VERSION: u32 = 1;
/// Five hundred people, and the names of those who are gone.
const SIZE_MAX: u64 = 8 << 20;

pub(crate) struct Reception {
    path: PathBuf,
    /// `None`: nobody has set the box up.
    people: Mutex<Option<People>>,
    sessions: Mutex<Sessions>,
    attempts: Mutex<Attempts>,
    authenticators: Mutex<Authenticators>,
    pub(crate) presence: Mutex<Presence>,
}

impl Reception {
    /// A file that cannot be read is set aside, and nobody signs in until somebody stands before the box; the second value says so.
    pub(crate) fn open(folder: &Path) -> Result<(Reception, Option<String>), KeydError> {
        let path = folder.join("people.json");
        let (people, trouble) = match durable_files::read_json(&path, VERSION, SIZE_MAX) {
            Ok(people) => (people, None),
            Err(e) => (None, Some(set_aside(&path, e)?)),
        };
        let reception = Reception {
            path,
            people: Mutex::new(people),
            sessions: Mutex::new(Sessions::new(people::IDLE_S)),
            attempts: Mutex::default(),
            authenticators: Mutex::default(),
            presence: Mutex::default(),
        };
        Ok((reception, trouble))
    }

    /// Somebody has set the box up.
    pub(crate) fn is_founded(&self) -> bool {
        lock(&self.people).is_some()
    }

    fn look<T>(&self, look: impl FnOnce(&People) -> T) -> Result<T, KeydError> {
        lock(&self.people).as_ref().map(look).ok_or_else(nobody)
    }

    /// What a change would come to.
    fn tried<T>(&self, change: impl FnOnce(&mut People) -> Result<T, Refusal>) -> Result<T, KeydError> {
        Ok(change(&mut self.look(People::copy)?)?)
    }

    /// On the disk before anybody sees it.
    fn change<T>(&self, change: impl FnOnce(&mut People) -> Result<T, Refusal>) -> Result<T, KeydError> {
        let mut people = lock(&self.people);
        let mut changed = people.as_ref().ok_or_else(nobody)?.copy();
        let outcome = change(&mut changed)?;
        self.write(&mut people, changed)?;
        Ok(outcome)
    }

    fn write(&self, people: &mut MutexGuard<'_, Option<People>>, changed: People) -> Result<(), KeydError> {
        durable_files::write_json(&self.path, VERSION, &changed).map_err(file("writing", &self.path))?;
        **people = Some(changed);
        Ok(())
    }
}

impl Keyd {
    pub(crate) fn answer_of_people(&self, peer: &str, request: PeopleRequest, responder: Responder<Reply>) {
        match request {
            PeopleRequest::Founding => {
                let (is_founded, is_separated) = (self.0.reception.is_founded(), self.is_separated());
                responder.send(Reply::People(PeopleReply::Founding { is_founded, is_separated }));
            }
            PeopleRequest::CodeFor { session, name, role, valid_s } => {
                self.code_for(peer, &session, name, &role, valid_s, responder);
            }
            PeopleRequest::Present { typed, from } => self.present(peer, typed, from, responder),
            PeopleRequest::NewAuthenticator { name, issuer, again, from } => {
                let to = people::household(signing_in::parsed_address(&from));
                let named = (name.as_str(), issuer.as_str());
                let made = lock(&self.0.reception.authenticators).show(named, again.as_slice(), to, self.steady_s());
                send(responder, made.map(Reply::People));
            }
            PeopleRequest::Found { presence, separate, person, from } => {
                self.found(peer, &presence, separate, person, from, responder);
            }
            PeopleRequest::Accept { code, person, from } => self.accept(peer, code, person, from, responder),
            PeopleRequest::InvitePresent { presence, name, role } => {
                self.invite_present(peer, &presence, name, &role, responder);
            }
            PeopleRequest::SignIn { name, password, second, from } => {
                self.sign_in(peer, name, password, second, from, responder);
            }
            PeopleRequest::Look { session, is_person } => {
                let answer = self.session(&session, is_person).map(|found| self.described(&found));
                send(responder, answer.and_then(|described| described));
            }
            PeopleRequest::Prove { session, password, second } => {
                self.prove(peer, &session, password, second, responder);
            }
            PeopleRequest::SignOut { session, others } => self.sign_out(&session, others, responder),
            PeopleRequest::List { session, after } => send(responder, self.listed(&session, &after)),
            PeopleRequest::Change { session, change } => self.change_people(peer, &session, change, responder),
        }
    }

    /// Three administrators exclude each other.
    pub(crate) fn is_separated(&self) -> bool {
        self.0.reception.look(|people| people.separation() == Separation::Three).unwrap_or(false)
    }

    /// Whose session it is.
    fn session(&self, secret: &Secret, is_person: bool) -> Result<Session, KeydError> {
        let reception = &self.0.reception;
        let id = SessionId::of(secret);
        let now = self.steady_s();
        let found = reception.look(|people| lock(&reception.sessions).look(id, people, is_person, now))?;
        found.map_err(|ended| KeydError::SignedOut { words: ended.to_string() })
    }

    /// Hashing a password takes a while, and memory: one at a time, in the mill.
    fn in_the_mill(
        &self,
        peer: &str,
        responder: Responder<Reply>,
        work: impl FnOnce(&Keyd, Responder<Reply>) + Send + 'static,
    ) {
        let (keyd, responder) = (self.clone(), Arc::new(Mutex::new(Some(responder))));
        let later = responder.clone();
        let pushed = self.0.mill.push(peer, move |()| {
            if let Some(responder) = lock(&later).take() {
                work(&keyd, responder);
            }
        });
        if pushed.is_err()
            && let Some(responder) = lock(&responder).take()
        {
            send(responder, Err(busy("as many people as may be sign in already")));
        }
    }
}

/// Of a person in the audit log: no client is called so.
fn in_the_log(name: &str) -> Name {
    Name::shortened(&format!("@{name}"))
}

fn done() -> Reply {
    Reply::People(PeopleReply::Done)
}

fn nobody() -> KeydError {
    not_allowed("nobody has set this box up yet")
}
