//! Signing in, and what a person changes of its own.

use super::{NewFactors, People};
use crate::code::OneTimeCode;
use crate::password::Verifier;
use crate::person::{FACTORS_MAX, Factors, Standing};
use crate::refusal::Refusal;
use crate::role::Roles;

/// The second thing that a person shows.
#[derive(Clone, Copy, Debug)]
pub enum Second<'a> {
    /// Six digits. `unsure`: the box's clock may be wrong, and the person stands before the box.
    Authenticator { code: &'a str, unsure: bool },
    /// One of the codes for a lost authenticator: used up by this.
    Spare(&'a str),
}

/// Who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub name: String,
    pub roles: Roles,
    /// Before this time.
    pub last: Option<u64>,
    pub spare_codes: usize,
}

impl People {
    /// What the password is to be compared with, which takes a while and is done outside: somebody's, or of a name that nobody has,
    /// nobody's. Give the outcome to [`People::sign_in`] in any case.
    pub fn verifier(&self, name: &str) -> Verifier {
        match self.find(name).map(|person| &person.standing) {
            Ok(Standing::Settled(factors)) => factors.password.clone(),
            Ok(Standing::Invited { .. }) | Err(_) => Verifier::nobody(),
        }
    }

    /// `is_password`: what [`Verifier::is`] said. Everything that is wrong is the same refusal.
    pub fn sign_in(
        &mut self,
        name: &str,
        is_password: bool,
        second: Second<'_>,
        now: u64,
    ) -> Result<SignedIn, Refusal> {
        let person = self.find_mut(name).map_err(|_| Refusal::WrongSignIn)?;
        if person.suspended {
            return Err(Refusal::WrongSignIn);
        }
        let Standing::Settled(factors) = &mut person.standing else { return Err(Refusal::WrongSignIn) };
        // A second factor is looked at, and used up, only behind the right password.
        if !is_password || !factors.shows(second, now) {
            return Err(Refusal::WrongSignIn);
        }
        let last = person.last_sign_in.replace(now);
        Ok(SignedIn { name: name.into(), roles: person.roles.clone(), last, spare_codes: factors.spare.len() })
    }

    /// What is dangerous takes both factors again. Nothing else changes.
    pub fn prove(&mut self, name: &str, is_password: bool, second: Second<'_>, now: u64) -> Result<(), Refusal> {
        let Standing::Settled(factors) = &mut self.find_mut(name)?.standing else { return Err(Refusal::StepUp) };
        if is_password && factors.shows(second, now) { Ok(()) } else { Err(Refusal::StepUp) }
    }

    /// A person who has just proven itself.
    pub fn change_password(&mut self, name: &str, password: Verifier, now: u64) -> Result<(), Refusal> {
        let person = self.find_mut(name)?;
        let Standing::Settled(factors) = &mut person.standing else {
            return Err(Refusal::NotSettled { name: name.into() });
        };
        (factors.password, factors.password_set) = (password, now);
        person.epoch += 1;
        Ok(())
    }

    /// A new authenticator and password; the codes for a lost one stay.
    pub fn change_factors(&mut self, name: &str, factors: NewFactors<'_>, now: u64) -> Result<(), Refusal> {
        let person = self.find_mut(name)?;
        let Standing::Settled(before) = &person.standing else {
            return Err(Refusal::NotSettled { name: name.into() });
        };
        let spare = before.spare.clone();
        person.settle(factors, now)?;
        if let Standing::Settled(after) = &mut person.standing {
            after.spare = spare;
        }
        Ok(())
    }

    /// New codes for a lost authenticator; those of before are void.
    pub fn set_spare(&mut self, name: &str, codes: Vec<OneTimeCode>) -> Result<(), Refusal> {
        let Standing::Settled(factors) = &mut self.find_mut(name)?.standing else {
            return Err(Refusal::NotSettled { name: name.into() });
        };
        factors.spare = codes.into_iter().take(FACTORS_MAX).collect();
        Ok(())
    }
}

impl Factors {
    fn shows(&mut self, second: Second<'_>, now: u64) -> bool {
        match second {
            Second::Authenticator { code, unsure } => self.totp.prove(code, now, unsure),
            Second::Spare(code) => {
                let Some(at) = self.spare.iter().position(|kept| kept.is(code)) else { return false };
                self.spare.remove(at);
                true
            }
        }
    }
}
