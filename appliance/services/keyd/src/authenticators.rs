//! Authenticators' secrets that were shown, and not proven yet.

use std::collections::VecDeque;
use std::net::IpAddr;

use ipc::Bytes;
use ipc::people::{PeopleReply, ProblemKind};
use people::TotpSecret;
use secrets::Secret;

use crate::KeydError;
use crate::problems::problem;
use crate::vault::random;

/// Seconds in which a person has set the telephone up.
const VALID_S: u64 = 15 * 60;
/// In all, and of one household: whoever asks for more makes its own oldest one void, and nobody else's.
const OPEN_MAX: usize = 256;
const OPEN_EACH: usize = 4;

#[derive(Default)]
pub(crate) struct Authenticators(VecDeque<Shown>);

struct Shown {
    id: [u8; 16],
    secret: Secret,
    until: u64,
    to: IpAddr,
}

impl Authenticators {
    /// `again`: the one that was shown before, for as long as it is kept. `to`: the household that it is shown to.
    pub(crate) fn show(
        &mut self,
        (name, issuer): (&str, &str),
        again: &[u8],
        to: IpAddr,
        now: u64,
    ) -> Result<PeopleReply, KeydError> {
        let (id, totp) = match (self.find(again, now), again.try_into()) {
            (Ok(totp), Ok(id)) => (id, totp),
            _ => self.make(to, now)?,
        };
        let (secret, uri) = (totp.text(), totp.uri(issuer, name));
        Ok(PeopleReply::Authenticator { id: Bytes::new("an authenticator", id)?, secret, uri })
    }

    /// It stays until it is proven: a person mistypes.
    pub(crate) fn find(&mut self, id: &[u8], now: u64) -> Result<TotpSecret, KeydError> {
        self.0.retain(|shown| now < shown.until);
        let found = self.0.iter().find(|shown| shown.id == *id);
        let found = found.and_then(|shown| TotpSecret::new(Secret::copy_of(shown.secret.expose())));
        let words = "this authenticator's picture is too old: take the new one";
        found.ok_or_else(|| problem(ProblemKind::OldAuthenticator, "", words))
    }

    pub(crate) fn proven(&mut self, id: &[u8]) {
        self.0.retain(|shown| shown.id != *id);
    }

    fn make(&mut self, to: IpAddr, now: u64) -> Result<([u8; 16], TotpSecret), KeydError> {
        let (id, bytes) = (random::<16>()?, random::<{ people::SECRET_BYTES }>()?);
        let totp = TotpSecret::new(Secret::copy_of(&bytes)).ok_or(KeydError::Random)?;
        if self.of(to) >= OPEN_EACH {
            self.forget_oldest_of(to);
        } else if self.0.len() >= OPEN_MAX {
            let greediest = self.0.iter().map(|shown| shown.to).max_by_key(|to| self.of(*to));
            greediest.into_iter().for_each(|to| self.forget_oldest_of(to));
        }
        self.0.push_back(Shown { id, secret: Secret::copy_of(&bytes), until: now + VALID_S, to });
        Ok((id, totp))
    }

    fn of(&self, to: IpAddr) -> usize {
        self.0.iter().filter(|shown| shown.to == to).count()
    }

    fn forget_oldest_of(&mut self, to: IpAddr) {
        let oldest = self.0.iter().position(|shown| shown.to == to);
        oldest.into_iter().for_each(|at| drop(self.0.remove(at)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(authenticators: &mut Authenticators, host: u16) -> Vec<u8> {
        let [high, low] = host.to_be_bytes();
        match authenticators.show(("an", "Coffer"), &[], IpAddr::from([10, 0, high, low]), 0).unwrap() {
            PeopleReply::Authenticator { id, .. } => id.into_vec(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn who_asks_for_many_pictures_voids_nobody_elses() {
        let mut authenticators = Authenticators::default();
        let mine = shown(&mut authenticators, 1);
        for round in 0..1000 {
            shown(&mut authenticators, 2 + round % 3);
        }
        assert!(authenticators.find(&mine, 1).is_ok() && authenticators.0.len() == 1 + 3 * OPEN_EACH);
        // Many addresses: those that have most make room first.
        (10..1000).for_each(|host| drop(shown(&mut authenticators, host)));
        assert!(authenticators.0.len() <= OPEN_MAX);
    }
}
