//! Who stands before the box: whoever types what its screen shows. A browser cannot check the box's pin, which is the first part of a
//! pairing code; it sends the secret part alone.

use accounts::PairingCode;
use ipc::auditd::Weight;
use ipc::keyd::Reply;
use ipc::people::{Address, PeopleReply, ProblemKind};
use ipc::{Name, Responder};
use secrets::Secret;
use serde_json::json;

use super::problems::problem;
use crate::KeydError;
use crate::serve::{Keyd, lock, send};
use crate::vault::random;

/// Wrong ones, after which the code on the screen opens nothing to a browser any more.
const TRIES: u32 = 5;
/// Seconds that a presence counts without being used.
const VALID_S: u64 = 30 * 60;

/// The code on the screen, and who has shown it.
#[derive(Default)]
pub(crate) struct Presence {
    /// The public key of what the screen shows.
    shown: Option<[u8; 32]>,
    wrong: u32,
    present: Option<Present>,
}

struct Present {
    token: Secret,
    until: u64,
}

impl Presence {
    /// The screen shows a new code; whoever showed the last one stays, until somebody shows this one.
    pub(crate) fn shows(&mut self, key: [u8; 32]) {
        (self.shown, self.wrong) = (Some(key), 0);
    }

    /// What is left of the tries, if it is wrong.
    fn compare(&mut self, key: &[u8; 32], token: Secret, now: u64) -> Result<(), u32> {
        if self.shown.is_some_and(|shown| shown == *key) {
            (self.shown, self.wrong) = (None, 0);
            self.present = Some(Present { token, until: now + VALID_S });
            return Ok(());
        }
        self.wrong += 1;
        let left = TRIES.saturating_sub(self.wrong);
        if left == 0 {
            self.shown = None;
        }
        Err(left)
    }

    fn is(&mut self, token: &Secret, now: u64) -> bool {
        let Some(present) = &mut self.present else { return false };
        let is_it = now < present.until && present.token.equals(token);
        if is_it {
            present.until = now + VALID_S;
        }
        is_it
    }
}

impl Keyd {
    pub(super) fn present(&self, peer: &str, typed: Secret, from: Address, responder: Responder<Reply>) {
        self.in_the_mill(peer, responder, move |keyd, responder| match keyd.showed(&typed, &from) {
            Ok(token) => {
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
        let compared = lock(&self.0.reception.presence).compare(&key, copy, self.steady_s());
        compared.map(|()| token).map_err(|left| {
            self.0.audit.count("wrong code of the screen", &Name::shortened(from.as_str()));
            let words = format!("that is not the code of the screen; {left} more tries");
            problem(ProblemKind::ScreenCode { left }, "", &words)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(byte: u8) -> Secret {
        Secret::new(vec![byte; 32])
    }

    #[test]
    fn a_code_is_good_once_and_five_wrong_ones_end_it() {
        let mut presence = Presence::default();
        assert_eq!(presence.compare(&[1; 32], token(1), 0), Err(4), "nothing is shown");
        presence.shows([1; 32]);
        assert_eq!(presence.compare(&[2; 32], token(2), 0), Err(4));
        assert_eq!(presence.compare(&[1; 32], token(1), 0), Ok(()));
        assert!(presence.is(&token(1), 1) && !presence.is(&token(2), 1));
        assert_eq!(presence.compare(&[1; 32], token(3), 0), Err(4), "used");
        presence.shows([3; 32]);
        (0..5).for_each(|_| assert!(presence.compare(&[9; 32], token(9), 0).is_err()));
        assert_eq!(presence.compare(&[3; 32], token(3), 0), Err(0));
        // Whoever was there before still is, as long as something is done.
        assert!(presence.is(&token(1), VALID_S) && presence.is(&token(1), 2 * VALID_S - 1));
        assert!(!presence.is(&token(1), 3 * VALID_S));
    }

    #[test]
    fn a_second_browser_takes_over() {
        let mut presence = Presence::default();
        for (key, at) in [(1, 0), (2, 5)] {
            presence.shows([key; 32]);
            presence.compare(&[key; 32], token(key), at).unwrap();
        }
        assert!(presence.is(&token(2), 6) && !presence.is(&token(1), 6));
    }
}
