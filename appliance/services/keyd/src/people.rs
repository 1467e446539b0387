//! The people at the console: kept in a file, compared with what they show, and signed in. The console carries what they type, and gets
//! nothing that nobody signs in for.
//!
//! A change is tried on a copy; then its line is in the audit log; then it is made, on the disk first.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use ipc::keyd::Reply;
use ipc::people::{PeopleReply, PeopleRequest};
use ipc::{Name, Responder};
use people::{Session, SessionId};
use secrets::Secret;

use crate::KeydError;
use crate::error::busy;
use crate::locked::lock;
use crate::serve::{Keyd, send};

mod changes;
mod codes;
mod founding;
mod holdings;
mod presence;
mod signing_in;

/// Of one household.
const HASHES_WAITING: usize = 4;

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
            PeopleRequest::Present { typed, from } => self.present(typed, from, responder),
            PeopleRequest::NewAuthenticator { name, issuer, again, from } => {
                let to = people::household(signing_in::parsed_address(&from));
                let named = (name.as_str(), issuer.as_str());
                let made = lock(&self.0.reception.authenticators).show(named, again.as_slice(), to, self.steady_s());
                send(responder, made.map(Reply::People));
            }
            PeopleRequest::Found { presence, separate, person, from } => {
                self.found(&presence, separate, person, from, responder);
            }
            PeopleRequest::Accept { code, person, from } => self.accept(code, person, from, responder),
            PeopleRequest::InvitePresent { presence, name, role } => {
                self.invite_present(peer, &presence, name, &role, responder);
            }
            PeopleRequest::SignIn { name, password, second, from } => {
                self.sign_in(name, password, second, from, responder);
            }
            PeopleRequest::Look { session, is_person } => {
                let answer = self.session(&session, is_person).map(|found| self.described(&found));
                send(responder, answer.and_then(|described| described));
            }
            PeopleRequest::Prove { session, password, second } => {
                self.prove(&session, password, second, responder);
            }
            PeopleRequest::SignOut { session, others } => self.sign_out(&session, others, responder),
            PeopleRequest::List { session, after } => send(responder, self.listed(&session, &after)),
            PeopleRequest::Change { session, change } => self.change_people(peer, &session, change, responder),
            PeopleRequest::Keys { session, owner, name } => send(responder, self.keys_held(&session, &owner, &name)),
            PeopleRequest::DestroyKey { session, id, typed } => {
                self.destroy_by_person(peer, &session, &id, &typed, responder);
            }
            PeopleRequest::ReadLog { session } => send(responder, self.log_ticket(&session)),
            PeopleRequest::Programs { session, name, serial } => {
                send(responder, self.programs(&session, &name, &serial));
            }
            PeopleRequest::RevokeProgram { session, serial, typed } => {
                self.revoke_by_person(peer, &session, serial, &typed, responder);
            }
        }
    }

    /// Three administrators exclude each other.
    pub(crate) fn is_separated(&self) -> bool {
        self.0.reception.is_separated()
    }

    /// Whose session it is.
    fn session(&self, secret: &Secret, is_person: bool) -> Result<Session, KeydError> {
        let reception = &self.0.reception;
        let id = SessionId::of(secret);
        let now = self.steady_s();
        let found = reception.look(|people| lock(&reception.sessions).look(id, people, is_person, now))?;
        found.map_err(|ended| KeydError::SignedOut { words: ended.to_string() })
    }

    /// Hashing a password takes a while, and memory: one at a time, in the mill, where households take turns.
    fn in_the_mill(
        &self,
        from: IpAddr,
        responder: Responder<Reply>,
        work: impl FnOnce(&Keyd, Responder<Reply>) + Send + 'static,
    ) {
        let (keyd, responder) = (self.clone(), Arc::new(Mutex::new(Some(responder))));
        let later = responder.clone();
        let household = format!("people at {}", people::household(from));
        let pushed = self.0.mill.push_within(HASHES_WAITING, &household, move |()| {
            if let Some(responder) = lock(&later).take() {
                work(&keyd, responder);
            }
        });
        if pushed.is_err()
            && let Some(responder) = lock(&responder).take()
        {
            send(responder, Err(busy("as many people as may be sign in from there already")));
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
