//! Sessions: begun by both factors, looked at by each page, ended by the person, by time, and by changed rights.

use std::net::{IpAddr, Ipv6Addr};

use ipc::auditd::Weight;
use ipc::keyd::Reply;
use ipc::people::{Address, PeopleReply, SecondFactor, Signed};
use ipc::{List, Name, Responder};
use people::{Roles, Second, Session, SessionId, Wait};
use secrets::Secret;
use serde_json::json;

use super::{done, in_the_log};
use crate::locked::lock;
use crate::serve::{Keyd, send};
use crate::vault::random;
use crate::{KeydError, now};

impl Keyd {
    pub(super) fn sign_in(
        &self,
        name: Name,
        password: Secret,
        second: SecondFactor,
        from: Address,
        responder: Responder<Reply>,
    ) {
        let address = parsed_address(&from);
        let may = lock(&self.0.reception.attempts).begin(name.as_str(), address, self.steady_s());
        if let Err(Wait(until)) = may {
            let seconds = until.saturating_sub(self.steady_s());
            return responder.send(Reply::People(PeopleReply::Wait { seconds }));
        }
        self.in_the_mill(address, responder, move |keyd, responder| {
            let reception = &keyd.0.reception;
            let tried = reception.look(|people| people.verifier(name.as_str())).and_then(|verifier| {
                let is_password = verifier.is(&password);
                reception.tried(|people| people.sign_in(name.as_str(), is_password, factor(&second), now()))
            });
            if let Err(e) = tried {
                keyd.0.audit.count("wrong sign-in", &Name::shortened(from.as_str()));
                return send(responder, Err(e));
            }
            lock(&reception.attempts).right(name.as_str(), address);
            let (work, detail) = (keyd.clone(), json!({ "from": from.as_str() }));
            keyd.recorded(Weight::Work, &in_the_log(name.as_str()), "sign in", &detail, responder, move |responder| {
                send(responder, work.signed_in(&name, &second, address));
            });
        });
    }

    pub(super) fn prove(&self, session: &Secret, password: Secret, second: SecondFactor, responder: Responder<Reply>) {
        let id = SessionId::of(session);
        let found = match self.session(session, true) {
            Ok(found) => found,
            Err(e) => return send(responder, Err(e)),
        };
        let may = lock(&self.0.reception.attempts).begin(&found.name, found.from, self.steady_s());
        if let Err(Wait(until)) = may {
            let seconds = until.saturating_sub(self.steady_s());
            return responder.send(Reply::People(PeopleReply::Wait { seconds }));
        }
        self.in_the_mill(found.from, responder, move |keyd, responder| {
            let reception = &keyd.0.reception;
            let name = found.name.as_str();
            let proven = reception.look(|people| people.verifier(name)).and_then(|verifier| {
                let is_password = verifier.is(&password);
                reception.change(|people| people.prove(name, is_password, factor(&second), now()))
            });
            if proven.is_ok() {
                lock(&reception.attempts).right(name, found.from);
                lock(&reception.sessions).step_up(id, keyd.steady_s());
            }
            send(responder, proven.map(|()| done()));
        });
    }

    pub(super) fn sign_out(&self, secret: &Secret, others: bool, responder: Responder<Reply>) {
        let id = SessionId::of(secret);
        let found = match self.session(secret, true) {
            Ok(found) => found,
            // As it should be.
            Err(KeydError::SignedOut { .. }) => return responder.send(done()),
            Err(e) => return send(responder, Err(e)),
        };
        {
            let mut sessions = lock(&self.0.reception.sessions);
            if others { sessions.end_others(&found.name, Some(id)) } else { sessions.end(id) }
        }
        let action = if others { "sign out elsewhere" } else { "sign out" };
        let name = in_the_log(&found.name);
        self.recorded(Weight::Relief, &name, action, &json!({}), responder, |responder| responder.send(done()));
    }

    pub(super) fn described(&self, session: &Session) -> Result<Reply, KeydError> {
        let person = self.signed(&Name::new("a name", session.name.as_str())?, None)?;
        let is_proven = session.is_proven(self.steady_s());
        Ok(Reply::People(PeopleReply::Session { person, is_proven }))
    }

    fn signed_in(&self, name: &Name, second: &SecondFactor, from: IpAddr) -> Result<Reply, KeydError> {
        let reception = &self.0.reception;
        // The password was right a moment ago; what counts once is used up now.
        let signed = reception.change(|people| people.sign_in(name.as_str(), true, factor(second), now()))?;
        self.session_of(name, from, signed.last, signed.spare_codes as u32)
    }

    /// Both factors were proven: a session begins.
    pub(super) fn session_of(
        &self,
        name: &Name,
        from: IpAddr,
        last: Option<u64>,
        spare_codes: u32,
    ) -> Result<Reply, KeydError> {
        let reception = &self.0.reception;
        let session = Secret::copy_of(&random::<32>()?);
        let id = SessionId::of(&session);
        let at = self.steady_s();
        reception.look(|people| lock(&reception.sessions).open(id, name.as_str(), people, from, at))?;
        let person = self.signed(name, last)?;
        Ok(Reply::People(PeopleReply::SignedIn { session, person, spare_codes }))
    }

    fn signed(&self, name: &Name, last: Option<u64>) -> Result<Signed, KeydError> {
        self.0.reception.look(|people| {
            let rights = people.rights(name.as_str()).map(|right| Name::shortened(right.name())).collect();
            let roles = listed(&people.roles(name.as_str()))?;
            Ok(Signed { name: name.clone(), roles, rights: List::new("rights", rights)?, last })
        })?
    }
}

pub(super) fn listed(roles: &Roles) -> Result<List<Name, 8>, KeydError> {
    Ok(List::new("roles", roles.iter().map(|role| Name::shortened(role.name())).collect())?)
}

fn factor(second: &SecondFactor) -> Second<'_> {
    match second {
        SecondFactor::Authenticator(code) => Second::Authenticator { code: code.as_str(), unsure: false },
        SecondFactor::Spare(code) => Second::Spare(code.as_str()),
    }
}

/// Whoever is somewhere else than at an address is one household.
pub(super) fn parsed_address(from: &Address) -> IpAddr {
    from.as_str().parse().unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
}
