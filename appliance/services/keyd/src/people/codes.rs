//! Codes for programs, by people.

use accounts::{Accounts, PairingCode, Role as ClientRole};
use ipc::auditd::Weight;
use ipc::keyd::{Refusal as Refused, Reply};
use ipc::people::{PeopleReply, ProblemKind};
use ipc::{Name, Responder};
use people::{People, Right, Separation};
use secrets::Secret;
use serde_json::json;
use zeroize::Zeroizing;

use super::in_the_log;
use crate::error::{invalid, not_allowed};
use crate::problems::problem;
use crate::serve::{Keyd, send};
use crate::vault::random;
use crate::{KeydError, now};

impl Keyd {
    /// A pairing code for the client `name`, in words: whoever has it enrols, once.
    pub(super) fn code_for(
        &self,
        peer: &str,
        session: &Secret,
        name: Name,
        role: &Name,
        valid_s: u32,
        responder: Responder<Reply>,
    ) {
        let prepared = self.may_make_code(session, &name, role).and_then(|(by, role)| {
            let code = PairingCode::new(self.0.identity.pin()?, &Zeroizing::new(random()?));
            let key = code.key().ok_or(KeydError::Random)?.public();
            Ok((by, role, code, key))
        });
        let (by, role, code, key) = match prepared {
            Ok(prepared) => prepared,
            Err(e) => return send(responder, Err(e)),
        };
        let detail = json!({ "name": name.as_str(), "role": role.name(), "valid_s": valid_s });
        let (keyd, peer) = (self.clone(), peer.to_string());
        self.recorded(Weight::Work, &in_the_log(&by), "new pairing code", &detail, responder, move |responder| {
            keyd.in_lane(
                |h| &h.files,
                &peer,
                responder,
                move |keyd, ()| {
                    let open = |a: &mut Accounts| a.open_code(now(), name.as_str(), role, &key, valid_s);
                    let opened = keyd.0.members.change(open).map_err(|e| of_a_name(e, &name))?;
                    let code = Secret::copy_of(code.to_text().as_bytes());
                    Ok(Reply::People(PeopleReply::PairingCode { code, until: opened }))
                },
            );
        });
    }

    /// Accounts are the system administrator's. A client that is an administrator may do what three people may not do alone.
    fn may_make_code(&self, session: &Secret, name: &Name, role: &Name) -> Result<(String, ClientRole), KeydError> {
        let by = self.with_proven_right(session, Right::LetClientIn)?;
        let separation = self.0.reception.look(People::separation)?;
        let role =
            ClientRole::parse(role.as_str()).ok_or_else(|| invalid(format!("there is no role {:?}", role.as_str())))?;
        if separation == Separation::Three && role == ClientRole::Administrator {
            return Err(not_allowed("three administrators exclude each other here: no program is all of them"));
        }
        self.follow_clock()?;
        self.check_unowned(name.as_str()).map_err(|e| of_a_name(e, name))?;
        Ok((by, role))
    }
}

/// What a person can do something about: another name.
fn of_a_name(error: KeydError, name: &Name) -> KeydError {
    match error {
        KeydError::Refused(Refused::Invalid(words)) => problem(ProblemKind::ProgramName, name.as_str(), words.as_str()),
        KeydError::Refused(Refused::Exists(words)) => problem(ProblemKind::Taken, name.as_str(), words.as_str()),
        error => error,
    }
}
