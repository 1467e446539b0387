//! One person.

use serde::{Deserialize, Serialize};

use crate::code::OneTimeCode;
use crate::password::Verifier;
use crate::refusal::{NAME_MAX, Refusal};
use crate::role::Roles;
use crate::totp::TotpSecret;

/// Of UTF-8: a name is a part of a line in the audit log.
const NAME_BYTES: usize = 60;
/// Codes that stand for a lost authenticator.
pub const FACTORS_MAX: usize = 8;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) roles: Roles,
    pub(crate) standing: Standing,
    /// By a security administrator: signs in no more until it is taken back.
    #[serde(default)]
    pub(crate) suspended: bool,
    /// Grows with every change of roles, password or factor: sessions of before end.
    pub(crate) epoch: u64,
    /// Seconds since 1970, by the box's clock of then.
    pub(crate) made: u64,
    #[serde(default)]
    pub(crate) last_sign_in: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Standing {
    /// Was given a code, and has not come with it.
    Invited {
        code: OneTimeCode,
        until: u64,
    },
    Settled(Factors),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Factors {
    pub(crate) password: Verifier,
    pub(crate) password_set: u64,
    pub(crate) totp: TotpSecret,
    /// Those that are not used up.
    #[serde(default)]
    pub(crate) spare: Vec<OneTimeCode>,
}

impl Person {
    pub(crate) fn invited(
        name: &str,
        roles: Roles,
        code: OneTimeCode,
        until: u64,
        now: u64,
    ) -> Result<Person, Refusal> {
        checked_name(name)?;
        let standing = Standing::Invited { code, until };
        Ok(Person { name: name.into(), roles, standing, suspended: false, epoch: 0, made: now, last_sign_in: None })
    }

    pub(crate) fn is_settled(&self) -> bool {
        matches!(self.standing, Standing::Settled(_))
    }

    /// Was here at least once.
    pub(crate) fn has_come(&self) -> bool {
        self.is_settled() || self.last_sign_in.is_some()
    }

    pub(crate) fn copy(&self) -> Person {
        let standing = match &self.standing {
            Standing::Invited { code, until } => Standing::Invited { code: code.clone(), until: *until },
            Standing::Settled(f) => Standing::Settled(Factors {
                password: f.password.clone(),
                password_set: f.password_set,
                totp: f.totp.copy(),
                spare: f.spare.clone(),
            }),
        };
        Person { name: self.name.clone(), roles: self.roles.clone(), standing, ..*self }
    }
}

/// Letters of any script: people are called by their names.
fn checked_name(name: &str) -> Result<(), Refusal> {
    let length = name.chars().count();
    let fine = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    match (1..=NAME_MAX).contains(&length)
        && name.len() <= NAME_BYTES
        && !name.starts_with('.')
        && name.chars().all(fine)
    {
        true => Ok(()),
        false => Err(Refusal::Name { name: name.chars().take(2 * NAME_MAX).collect() }),
    }
}
