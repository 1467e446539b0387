//! How people come to be: the first by standing before the box, the others by an invitation.

use ipc::auditd::Weight;
use ipc::keyd::Reply;
use ipc::people::{Address, NewPerson, PeopleReply, ProblemKind};
use ipc::{Name, Responder, Text};
use people::{CODE_BYTES, NewFactors, OneTimeCode, Password, People, Role, SALT_BYTES, Separation, Verifier};
use secrets::Secret;
use serde_json::json;

use super::in_the_log;
use super::signing_in::parsed_address;
use crate::error::invalid;
use crate::locked::lock;
use crate::problems::problem;
use crate::serve::{Keyd, send};
use crate::vault::random;
use crate::{KeydError, now};

/// Seconds that an invitation is good.
const INVITATION_S: u64 = 7 * 24 * 3600;

impl Keyd {
    pub(super) fn found(
        &self,
        presence: &Secret,
        separate: bool,
        person: NewPerson,
        from: Address,
        responder: Responder<Reply>,
    ) {
        let may = match self.0.reception.is_founded() {
            true => Err(people::Refusal::Founded.into()),
            false => self.check_present(presence).and_then(|()| self.may_separate(separate)),
        };
        if let Err(e) = may {
            return send(responder, Err(e));
        }
        let separation = if separate { Separation::Three } else { Separation::One };
        self.in_the_mill(parsed_address(&from), responder, move |keyd, responder| {
            let found = keyd.verifier(&person).and_then(|password| {
                let mut people = People::new(separation);
                let factors = keyd.factors(&person, password)?;
                people.found(person.name.as_str(), factors, now())?;
                Ok(people)
            });
            let people = match found {
                Ok(people) => people,
                Err(e) => return send(responder, Err(e)),
            };
            let detail = json!({ "three": separate });
            let name = in_the_log(person.name.as_str());
            let work = keyd.clone();
            keyd.recorded(Weight::Work, &name, "the first person", &detail, responder, move |responder| {
                send(responder, work.founded(people, &person, &from));
                work.tell_provisioned();
            });
        });
    }

    pub(super) fn accept(&self, code: Text<32>, person: NewPerson, from: Address, responder: Responder<Reply>) {
        self.in_the_mill(parsed_address(&from), responder, move |keyd, responder| {
            // The code first: a password is hashed for whoever was invited, and for nobody else.
            let invited = keyd.0.reception.look(|people| people.is_invited(person.name.as_str(), code.as_str(), now()));
            let invited = invited.and_then(|is| if is { Ok(()) } else { Err(people::Refusal::WrongCode.into()) });
            let tried = invited.and_then(|()| keyd.verifier(&person)).and_then(|password| {
                let factors = keyd.factors(&person, password.clone())?;
                let name = person.name.as_str();
                keyd.0.reception.tried(|people| people.accept(name, code.as_str(), factors, now()))?;
                Ok(password)
            });
            let password = match tried {
                Ok(password) => password,
                Err(e) => return send(responder, Err(e)),
            };
            let name = in_the_log(person.name.as_str());
            let work = keyd.clone();
            keyd.recorded(Weight::Work, &name, "invitation used", &json!({}), responder, move |responder| {
                let accepted = work.factors(&person, password).and_then(|factors| {
                    let name = person.name.as_str();
                    work.0.reception.change(|people| people.accept(name, code.as_str(), factors, now()))
                });
                lock(&work.0.reception.authenticators).proven(person.authenticator.as_slice());
                let signed = accepted.and_then(|()| work.session_of(&person.name, parsed_address(&from), None, 0));
                send(responder, signed);
            });
        });
    }

    pub(super) fn invite_present(
        &self,
        peer: &str,
        presence: &Secret,
        name: Name,
        role: &Name,
        responder: Responder<Reply>,
    ) {
        let role = parsed(role).and_then(|role| {
            self.check_present(presence)?;
            // What cannot be done costs no code of the screen.
            let (_, code) = OneTimeCode::new(&random::<CODE_BYTES>()?);
            self.0.reception.tried(|people| people.invite_present(name.as_str(), role, code, now(), now()))?;
            Ok(role)
        });
        let role = match role {
            Ok(role) => role,
            Err(e) => return send(responder, Err(e)),
        };
        lock(&self.0.reception.presence).spend();
        let detail = json!({ "name": name.as_str(), "role": role.name() });
        let action = "invited by whoever stands before the box";
        self.invited(peer, &Name::default(), action, detail, responder, move |people, code, until| {
            people.invite_present(name.as_str(), role, code, until, now())
        });
    }

    /// An invitation by what `invite` does with it, which is tried first.
    pub(super) fn invited(
        &self,
        peer: &str,
        by: &Name,
        action: &str,
        detail: serde_json::Value,
        responder: Responder<Reply>,
        invite: impl Fn(&mut People, OneTimeCode, u64) -> Result<(), people::Refusal> + Send + 'static,
    ) {
        let made = random::<CODE_BYTES>().and_then(|random| {
            let (shown, code) = OneTimeCode::new(&random);
            let until = now() + INVITATION_S;
            self.0.reception.tried(|people| invite(people, code.clone(), until))?;
            Ok((Secret::new(shown.into_bytes()), code, until))
        });
        let (shown, code, until) = match made {
            Ok(made) => made,
            Err(e) => return send(responder, Err(e)),
        };
        let (keyd, peer) = (self.clone(), peer.to_string());
        self.recorded(Weight::Work, by, action, &detail, responder, move |responder| {
            keyd.in_lane(
                |h| &h.files,
                &peer,
                responder,
                move |keyd, ()| {
                    keyd.0.reception.change(|people| invite(people, code, until))?;
                    Ok(Reply::People(PeopleReply::Invitation { code: shown, until }))
                },
            );
        });
    }

    /// Three administrators exclude each other only where no program is all of them.
    pub(super) fn may_separate(&self, separate: bool) -> Result<(), KeydError> {
        if !separate && self.0.reception.is_separated() {
            return Err(people::Refusal::Separated.into());
        }
        match separate && self.0.members.look(|a| a.has_administrator()) {
            true => {
                let words = "a program is an administrator: it has to be revoked before three administrators exclude each other";
                Err(problem(ProblemKind::AdministratorProgram, "", words))
            }
            false => Ok(()),
        }
    }

    /// Takes a twentieth of a second.
    pub(super) fn hashed(&self, typed: &Secret, names: &[&str]) -> Result<Verifier, KeydError> {
        let password = Password::new(Secret::copy_of(typed.expose()), names)?;
        Ok(Verifier::of(&password, &random::<SALT_BYTES>()?))
    }

    fn verifier(&self, person: &NewPerson) -> Result<Verifier, KeydError> {
        let names = person.names.as_slice().iter().map(Text::as_str).chain([person.name.as_str()]);
        self.hashed(&person.password, &names.collect::<Vec<_>>())
    }

    fn factors<'a>(&self, person: &'a NewPerson, password: Verifier) -> Result<NewFactors<'a>, KeydError> {
        let shown = lock(&self.0.reception.authenticators).find(person.authenticator.as_slice(), self.steady_s());
        Ok(NewFactors { password, totp: shown?, code: person.code.as_str() })
    }

    /// Two browsers may have come as far as this; one is the first.
    fn founded(&self, people: People, person: &NewPerson, from: &Address) -> Result<Reply, KeydError> {
        let reception = &self.0.reception;
        let mut kept = lock(&reception.people);
        if kept.is_some() {
            return Err(people::Refusal::Founded.into());
        }
        reception.write(&mut kept, people)?;
        drop(kept);
        lock(&reception.presence).spend();
        if self.is_separated() {
            self.0.members.change(|a| {
                a.close_administrators_codes();
                Ok(())
            })?;
        }
        lock(&reception.authenticators).proven(person.authenticator.as_slice());
        self.session_of(&person.name, parsed_address(from), None, 0)
    }
}

pub(super) fn parsed(role: &Name) -> Result<Role, KeydError> {
    Role::parse(role.as_str()).ok_or_else(|| invalid(format!("there is no role {role}")))
}
