//! What one person does to another, or to itself.

use std::net::IpAddr;

use ipc::auditd::Weight;
use ipc::keyd::Reply;
use ipc::people::{Change, PEOPLE_LISTED, PeopleReply, Person, SPARE_CODES};
use ipc::{List, Name, Responder, Text};
use people::{CODE_BYTES, OneTimeCode, People, PersonView, Refusal, Role};
use secrets::Secret;
use serde_json::{Value, json};

use super::founding::parsed;
use super::signing_in::listed;
use super::{done, in_the_log};
use crate::serve::{Keyd, send};
use crate::vault::random;
use crate::{KeydError, now};

impl Keyd {
    /// Every change takes both factors, proven a few minutes ago at most.
    pub(super) fn change_people(&self, peer: &str, session: &Secret, change: Change, responder: Responder<Reply>) {
        let found = self.session(session, true).and_then(|found| match found.is_proven(self.steady_s()) {
            true => Ok((found.name, found.from)),
            false => Err(Refusal::StepUp.into()),
        });
        let (by, from) = match found {
            Ok(found) => found,
            Err(e) => return send(responder, Err(e)),
        };
        self.changed(peer, (by, from), change, responder);
    }

    pub(super) fn listed(&self, session: &Secret, after: &Name) -> Result<Reply, KeydError> {
        self.session(session, true)?;
        let mut views = self.0.reception.look(People::views)?;
        views.sort_by(|a, b| a.name.cmp(&b.name));
        let later = views.into_iter().filter(|view| view.name.as_str() > after.as_str()).take(PEOPLE_LISTED);
        let people: Result<Vec<Person>, KeydError> = later.map(described).collect();
        Ok(Reply::People(PeopleReply::People(List::new("people", people?)?)))
    }

    fn changed(&self, peer: &str, (by, from): (String, IpAddr), change: Change, responder: Responder<Reply>) {
        let log = in_the_log(&by);
        match change {
            Change::Invite { name } => {
                let detail = json!({ "name": name.as_str() });
                self.invited(peer, &log, "invite person", detail, responder, move |people, code, until| {
                    people.invite(&by, name.as_str(), code, until, now())
                });
            }
            Change::InviteFounder { name, role } => {
                let role = match parsed(&role) {
                    Ok(role) => role,
                    Err(e) => return send(responder, Err(e)),
                };
                let detail = json!({ "name": name.as_str(), "role": role.name() });
                self.invited(peer, &log, "invite administrator", detail, responder, move |people, code, until| {
                    people.invite_founder(&by, name.as_str(), role, code, until, now())
                });
            }
            Change::Separate { name } => {
                if let Err(e) = self.may_separate(true) {
                    return send(responder, Err(e));
                }
                let detail = json!({ "security": name.as_str() });
                self.invited(peer, &log, "three administrators", detail, responder, move |people, code, until| {
                    people.separate(&by, name.as_str(), code, until, now())
                });
            }
            Change::Reset { name } => {
                let detail = json!({ "name": name.as_str() });
                self.invited(peer, &log, "reset person", detail, responder, move |people, code, until| {
                    people.reset(&by, name.as_str(), code, until)
                });
            }
            Change::Grant { name, roles } => {
                let roles: Result<Vec<Role>, KeydError> = roles.as_slice().iter().map(parsed).collect();
                let roles = match roles {
                    Ok(roles) => roles,
                    Err(e) => return send(responder, Err(e)),
                };
                let named: Vec<&str> = roles.iter().map(|role| role.name()).collect();
                let detail = json!({ "name": name.as_str(), "roles": named });
                self.plainly(peer, &log, "grant roles", detail, responder, move |people| {
                    people.grant(&by, name.as_str(), &roles)
                });
            }
            Change::Suspend { name, suspended } => {
                let detail = json!({ "name": name.as_str() });
                let action = if suspended { "suspend person" } else { "end suspension" };
                self.plainly(peer, &log, action, detail, responder, move |people| {
                    people.suspend(&by, name.as_str(), suspended)
                });
            }
            Change::Remove { name } => {
                let detail = json!({ "name": name.as_str() });
                self.plainly(peer, &log, "remove person", detail, responder, move |people| {
                    people.remove(&by, name.as_str())
                });
            }
            Change::OwnPassword { password, names } => self.own_password(peer, (by, from), password, names, responder),
            Change::OwnSpareCodes => self.own_spare_codes(peer, by, responder),
        }
    }

    /// Tried, written into the log, and made.
    fn plainly(
        &self,
        peer: &str,
        by: &Name,
        action: &str,
        detail: Value,
        responder: Responder<Reply>,
        change: impl Fn(&mut People) -> Result<(), Refusal> + Send + 'static,
    ) {
        if let Err(e) = self.0.reception.tried(&change) {
            return send(responder, Err(e));
        }
        let (keyd, peer) = (self.clone(), peer.to_string());
        self.recorded(Weight::Work, by, action, &detail, responder, move |responder| {
            keyd.in_lane(
                |h| &h.files,
                &peer,
                responder,
                move |keyd, ()| keyd.0.reception.change(change).map(|()| done()),
            );
        });
    }

    fn own_password(
        &self,
        peer: &str,
        (by, from): (String, IpAddr),
        password: Secret,
        names: List<Text<128>, 4>,
        responder: Responder<Reply>,
    ) {
        let peer = peer.to_string();
        self.in_the_mill(from, responder, move |keyd, responder| {
            let named = names.as_slice().iter().map(Text::as_str).chain([by.as_str()]);
            match keyd.hashed(&password, &named.collect::<Vec<_>>()) {
                Ok(verifier) => {
                    let log = in_the_log(&by);
                    let action = "change own password";
                    keyd.plainly(&peer, &log, action, json!({}), responder, move |people| {
                        people.change_password(&by, verifier.clone(), now())
                    });
                }
                Err(e) => send(responder, Err(e)),
            }
        });
    }

    fn own_spare_codes(&self, peer: &str, by: String, responder: Responder<Reply>) {
        let made = (0..SPARE_CODES).map(|_| {
            let (text, code) = OneTimeCode::new(&random::<CODE_BYTES>()?);
            Ok((Secret::new(text.into_bytes()), code))
        });
        let (shown, kept): (Vec<Secret>, Vec<OneTimeCode>) = match made.collect::<Result<Vec<_>, KeydError>>() {
            Ok(made) => made.into_iter().unzip(),
            Err(e) => return send(responder, Err(e)),
        };
        let (keyd, peer, log) = (self.clone(), peer.to_string(), in_the_log(&by));
        let action = "new codes for a lost authenticator";
        self.recorded(Weight::Work, &log, action, &json!({}), responder, move |responder| {
            keyd.in_lane(
                |h| &h.files,
                &peer,
                responder,
                move |keyd, ()| {
                    keyd.0.reception.change(|people| people.set_spare(&by, kept))?;
                    Ok(Reply::People(PeopleReply::SpareCodes(List::new("codes", shown)?)))
                },
            );
        });
    }
}

fn described(view: PersonView) -> Result<Person, KeydError> {
    Ok(Person {
        name: Name::new("a name", view.name)?,
        roles: listed(&view.roles)?,
        is_settled: view.is_settled,
        suspended: view.suspended,
        made: view.made,
        last_sign_in: view.last_sign_in,
        password_set: view.password_set,
        spare_codes: view.spare_codes as u32,
    })
}
