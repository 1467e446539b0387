//! Who stands before the box: whoever types what its screen shows. A browser cannot check the box's pin, which is the first part of a
//! pairing code; it sends the secret part alone.

use accounts::PairingCode;
use ipc::auditd::Weight;
use ipc::keyd::Reply;
use ipc::people::{Address, PeopleReply, ProblemKind};
use ipc::{Name, Responder};
use people::household;
use secrets::Secret;
use serde_json::json;

use super::signing_in::parsed_address;
use crate::KeydError;
use crate::locked::lock;
use crate::problems::problem;
use crate::serve::{Keyd, send};
use crate::vault::random;

impl Keyd {
    pub(super) fn present(&self, typed: Secret, from: Address, responder: Responder<Reply>) {
        self.in_the_mill(parsed_address(&from), responder, move |keyd, responder| match keyd.showed(&typed, &from) {
            Ok(token) => {
                // Whoever was kept from signing in by what others tried is not any more.
                lock(&keyd.0.reception.attempts).forget_all();
                let detail = json!({ "from": from.as_str() });
                let action = "somebody stands before the box";
                keyd.recorded(Weight::Relief, &Name::default(), action, &detail, responder, move |responder| {
                    responder.send(Reply::People(PeopleReply::Present { token }));
                });
            }
            Err(e) => send(responder, Err(e)),
        });
    }

    /// That this is the browser of whoever stands before the box.
    pub(super) fn check_present(&self, token: &Secret) -> Result<(), KeydError> {
        match lock(&self.0.reception.presence).is(token, self.steady_s()) {
            true => Ok(()),
            false => {
                let words = "somebody else is at it, or it was too long ago: type the code of the screen again";
                Err(problem(ProblemKind::NotPresent, "", words))
            }
        }
    }

    fn showed(&self, typed: &Secret, from: &Address) -> Result<Secret, KeydError> {
        let text = String::from_utf8_lossy(typed.expose());
        let pin = self.0.identity.pin()?;
        let whole = format!("{}-{text}", accounts::pin_to_text(&pin));
        // All of it, or the secret groups alone; what cannot be a code is a wrong one.
        let typed = [text.as_ref(), &whole].into_iter().find_map(|text| PairingCode::parse(text).ok());
        let key = typed.filter(|code| code.pin() == pin).and_then(|code| code.key());
        let key = key.map_or([0; 32], |key| key.public());
        let token = Secret::copy_of(&random::<32>()?);
        let copy = Secret::copy_of(token.expose());
        let household = household(parsed_address(from));
        let compared = lock(&self.0.reception.presence).compare(&key, household, copy, self.steady_s());
        let token = compared.map(|()| token).map_err(|left| {
            self.0.audit.count("wrong code of the screen", &Name::shortened(from.as_str()));
            let words = format!("that is not the code of the screen; {left} more tries");
            problem(ProblemKind::ScreenCode { left }, "", &words)
        })?;
        // It has let somebody in here: it lets no program in.
        self.0.members.change(|a| {
            a.close_code(&key);
            Ok(())
        })?;
        Ok(token)
    }
}
