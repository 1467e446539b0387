//! The box's keys and programs, and its log, before the people at the console: what each may see and end is in one table
//! ([`people::Right`]).

use accounts::ClientView;
use ipc::keyd::{KeyInfo, KeyName, Reply};
use ipc::people::{HeldKey, KEYS_SHOWN, PROGRAMS_SHOWN, PeopleReply, ProblemKind, Program};
use ipc::{List, Name, Responder, Text};
use people::{Refusal, Right};
use secrets::Secret;

use super::{done, in_the_log};
use crate::KeydError;
use crate::locked::lock;
use crate::problems::problem;
use crate::serve::{Keyd, send};
use crate::vault::random;

impl Keyd {
    pub(super) fn keys_held(&self, session: &Secret, owner: &Name, name: &Name) -> Result<Reply, KeydError> {
        self.with_right(session, Right::SeeKeys)?;
        let keys = lock(&self.0.keys).all_after(owner.as_str(), name.as_str(), KEYS_SHOWN);
        let now = self.steady_s();
        let approvals = lock(&self.0.approvals);
        let held = keys.into_iter().map(|info| held(info, |id| approvals.about(id, now))).collect();
        Ok(Reply::People(PeopleReply::Keys(List::new("keys", held)?)))
    }

    pub(super) fn destroy_by_person(
        &self,
        peer: &str,
        session: &Secret,
        id: &Name,
        typed: &Name,
        responder: Responder<Reply>,
    ) {
        match self.may_destroy(session, id, typed) {
            Ok((by, key)) => self.destroyed(peer, &in_the_log(&by), key, done(), responder),
            Err(e) => send(responder, Err(e)),
        }
    }

    pub(super) fn log_ticket(&self, session: &Secret) -> Result<Reply, KeydError> {
        let by = self.with_right(session, Right::ReadAuditLog)?;
        let ticket = Secret::copy_of(&random::<16>()?);
        lock(&self.0.tickets).give(Secret::copy_of(ticket.expose()), in_the_log(&by), self.steady_s());
        Ok(Reply::People(PeopleReply::LogTicket(ticket)))
    }

    pub(super) fn programs(&self, session: &Secret, name: &Name, serial: &Name) -> Result<Reply, KeydError> {
        self.with_right(session, Right::SeeClients)?;
        let mut views = self.0.members.look(|a| a.views());
        views.sort_by(|a, b| place(a).cmp(&place(b)));
        let later = views.into_iter().filter(|view| place(view) > (name.as_str(), serial.as_str()));
        let programs: Result<Vec<Program>, KeydError> = later.take(PROGRAMS_SHOWN).map(program).collect();
        Ok(Reply::People(PeopleReply::Programs(List::new("programs", programs?)?)))
    }

    pub(super) fn revoke_by_person(
        &self,
        peer: &str,
        session: &Secret,
        serial: Name,
        typed: &Name,
        responder: Responder<Reply>,
    ) {
        match self.may_revoke(session, &serial, typed) {
            Ok(by) => self.revoked(peer, in_the_log(&by), serial, done(), responder),
            Err(e) => send(responder, Err(e)),
        }
    }

    /// Whose session it is, who has the right.
    pub(super) fn with_right(&self, session: &Secret, right: Right) -> Result<String, KeydError> {
        let found = self.session(session, true)?;
        self.0.reception.look(|people| people.check(&found.name, right))??;
        Ok(found.name)
    }

    /// As [`Keyd::with_right`], with both factors proven a few minutes ago at most.
    pub(super) fn with_proven_right(&self, session: &Secret, right: Right) -> Result<String, KeydError> {
        let name = self.with_right(session, right)?;
        match self.session(session, true)?.is_proven(self.steady_s()) {
            true => Ok(name),
            false => Err(Refusal::StepUp.into()),
        }
    }

    fn may_destroy(&self, session: &Secret, id: &Name, typed: &Name) -> Result<(String, KeyName), KeydError> {
        let by = self.with_proven_right(session, Right::DestroyKey)?;
        let found = lock(&self.0.keys).named(id.as_str());
        let (key, limits) = found.ok_or_else(|| problem(ProblemKind::Gone, id.as_str(), "there is no such key"))?;
        if key.name != *typed {
            return Err(problem(ProblemKind::OtherName, typed.as_str(), "what was typed is not the key's name"));
        }
        if limits.dual_control {
            let words =
                "the key is under dual control: its owner asks for its end, and an administrator's program agrees";
            return Err(problem(ProblemKind::DualControl, key.name.as_str(), words));
        }
        Ok((by, key))
    }

    fn may_revoke(&self, session: &Secret, serial: &Name, typed: &Name) -> Result<String, KeydError> {
        let by = self.with_proven_right(session, Right::RevokeClient)?;
        let found = self.0.members.look(|a| a.views()).into_iter().find(|view| view.serial == serial.as_str());
        let view = found.filter(|view| !view.revoked);
        let view = view.ok_or_else(|| problem(ProblemKind::Gone, serial.as_str(), "there is no such program"))?;
        match view.name == typed.as_str() {
            true => Ok(by),
            false => Err(problem(ProblemKind::OtherName, typed.as_str(), "what was typed is not the program's name")),
        }
    }
}

fn held(info: KeyInfo, open: impl Fn(&str) -> Option<ipc::people::OpenRequest>) -> HeldKey {
    HeldKey {
        open: open(info.id.as_str()),
        id: info.id,
        owner: info.owner,
        name: info.name,
        kind: info.kind,
        operations: info.operations,
        created: info.created,
        uses: info.uses,
        private_uses: info.private_uses,
        limits: info.limits,
        imported: info.imported,
        state: info.state,
    }
}

/// By which they are listed.
fn place(view: &ClientView) -> (&str, &str) {
    (&view.name, &view.serial)
}

fn program(view: ClientView) -> Result<Program, KeydError> {
    Ok(Program {
        role: Name::shortened(view.role.name()),
        name: Name::new("a client's name", view.name)?,
        serial: Name::new("a serial number", view.serial)?,
        fingerprint: Text::new("a fingerprint", view.fingerprint)?,
        enrolled: view.enrolled,
        expires: view.expires,
        revoked: view.revoked,
        confirmed: view.confirmed,
        void: view.void,
    })
}
