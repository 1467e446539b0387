//! Authenticators' secrets that were shown, and not proven yet.

use std::collections::VecDeque;

use ipc::Bytes;
use ipc::people::{PeopleReply, ProblemKind};
use people::TotpSecret;
use secrets::Secret;

use super::problems::problem;
use crate::KeydError;
use crate::vault::random;

/// Seconds in which a person has set the telephone up.
const VALID_S: u64 = 15 * 60;
/// Whoever asks for more makes the oldest void.
const OPEN_MAX: usize = 64;

#[derive(Default)]
pub(super) struct Authenticators(VecDeque<Shown>);

struct Shown {
    id: [u8; 16],
    secret: Secret,
    until: u64,
}

impl Authenticators {
    /// `again`: the one that was shown before, for as long as it is kept.
    pub(super) fn show(&mut self, name: &str, issuer: &str, again: &[u8], now: u64) -> Result<PeopleReply, KeydError> {
        let (id, totp) = match (self.find(again, now), again.try_into()) {
            (Ok(totp), Ok(id)) => (id, totp),
            _ => self.make(now)?,
        };
        let (secret, uri) = (totp.text(), totp.uri(issuer, name));
        Ok(PeopleReply::Authenticator { id: Bytes::new("an authenticator", id)?, secret, uri })
    }

    /// It stays until it is proven: a person mistypes.
    pub(super) fn find(&mut self, id: &[u8], now: u64) -> Result<TotpSecret, KeydError> {
        self.0.retain(|shown| now < shown.until);
        let found = self.0.iter().find(|shown| shown.id == *id);
        let found = found.and_then(|shown| TotpSecret::new(Secret::copy_of(shown.secret.expose())));
        let words = "this authenticator's picture is too old: take the new one";
        found.ok_or_else(|| problem(ProblemKind::OldAuthenticator, "", words))
    }

    fn make(&mut self, now: u64) -> Result<([u8; 16], TotpSecret), KeydError> {
        let (id, bytes) = (random::<16>()?, random::<{ people::SECRET_BYTES }>()?);
        let totp = TotpSecret::new(Secret::copy_of(&bytes)).ok_or(KeydError::Random)?;
        if self.0.len() >= OPEN_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Shown { id, secret: Secret::copy_of(&bytes), until: now + VALID_S });
        Ok((id, totp))
    }

    pub(super) fn proven(&mut self, id: &[u8]) {
        self.0.retain(|shown| shown.id != *id);
    }
}
