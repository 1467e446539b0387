//! All people of a box. A change is made on a copy, written down, and then takes the place of the old one.

use serde::{Deserialize, Serialize};

use crate::code::OneTimeCode;
use crate::password::Verifier;
use crate::person::{FACTORS_MAX, Factors, Person, Standing};
use crate::refusal::Refusal;
use crate::right::Right;
use crate::role::Role::{self, Operator, SecurityAdministrator, SystemAdministrator};
use crate::role::{Roles, Separation};
use crate::totp::TotpSecret;

mod signing_in;

pub use signing_in::{Second, SignedIn};

const PEOPLE_MAX: usize = 500;
/// Names of those who are gone: without a bound the file would outgrow what is read of it.
const GONE_MAX: usize = 20_000;
/// Beyond both, for administrators: whoever stands before a full box gets in, too.
const ADMINISTRATORS_MORE: usize = 16;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    separation: Separation,
    people: Vec<Person>,
    /// Names of those who are gone: nobody is called so any more, or the audit log would mean two.
    #[serde(default)]
    gone: Vec<String>,
}

/// What others may see of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonView {
    pub name: String,
    pub roles: Roles,
    pub is_settled: bool,
    pub suspended: bool,
    pub made: u64,
    pub last_sign_in: Option<u64>,
    pub password_set: Option<u64>,
    pub spare_codes: usize,
}

/// What a person proves itself with from now on.
pub struct NewFactors<'a> {
    pub password: Verifier,
    pub totp: TotpSecret,
    /// The code that the authenticator shows now: it is proven here, and how far its clock is off is learnt.
    pub code: &'a str,
}

impl People {
    pub fn new(separation: Separation) -> People {
        People { separation, people: Vec::new(), gone: Vec::new() }
    }

    pub fn separation(&self) -> Separation {
        self.separation
    }

    pub fn copy(&self) -> People {
        let people = self.people.iter().map(Person::copy).collect();
        People { separation: self.separation, people, gone: self.gone.clone() }
    }

    pub fn views(&self) -> Vec<PersonView> {
        self.people.iter().map(Person::view).collect()
    }

    /// Somebody has this role, and signs in with it.
    pub fn has(&self, role: Role) -> bool {
        self.people.iter().any(|p| p.roles.has(role) && p.is_settled() && !p.suspended)
    }

    /// Of the rights and factors of a person who may sign in; another one ends sessions.
    pub fn epoch(&self, name: &str) -> Option<u64> {
        self.find(name).ok().filter(|p| p.is_settled() && !p.suspended).map(|p| p.epoch)
    }

    pub fn roles(&self, name: &str) -> Roles {
        self.find(name).map_or(Roles::none(), |p| if p.suspended { Roles::none() } else { p.roles.clone() })
    }

    /// That a person of this name has the right.
    pub fn check(&self, name: &str, right: Right) -> Result<(), Refusal> {
        match right.is_of(&self.roles(name), self.separation) {
            true => Ok(()),
            false => Err(Refusal::NoRight { name: name.into(), roles: right.roles(self.separation) }),
        }
    }

    pub fn rights(&self, name: &str) -> impl Iterator<Item = Right> {
        let (roles, separation) = (self.roles(name), self.separation);
        Right::ALL.into_iter().filter(move |right| right.is_of(&roles, separation))
    }

    /// The first person, who stood before the box. Of three administrators it is the system's.
    pub fn found(&mut self, name: &str, factors: NewFactors<'_>, now: u64) -> Result<(), Refusal> {
        if !self.people.is_empty() {
            return Err(Refusal::Founded);
        }
        let roles = match self.separation {
            Separation::One => [SystemAdministrator, SecurityAdministrator, Operator].to_vec(),
            Separation::Three => [SystemAdministrator].to_vec(),
        };
        let roles = Roles::new(self.separation, roles).ok_or(Refusal::Excluded)?;
        // Invited and come at once: no code of this kind opens anything.
        let (_, code) = OneTimeCode::new(&[0; 8]);
        let mut person = Person::invited(name, roles, code, 0, now)?;
        person.settle(factors, now)?;
        self.people.push(person);
        Ok(())
    }

    /// A new account, which may do nothing until a security administrator says what.
    pub fn invite(&mut self, by: &str, name: &str, code: OneTimeCode, until: u64, now: u64) -> Result<(), Refusal> {
        self.needs(by, SystemAdministrator)?;
        self.add(name, Roles::none(), code, until, now)
    }

    /// One of the administrators' places, while nobody has ever filled it: by the system administrator who sets the box up.
    pub fn invite_founder(
        &mut self,
        by: &str,
        name: &str,
        role: Role,
        code: OneTimeCode,
        until: u64,
        now: u64,
    ) -> Result<(), Refusal> {
        self.needs(by, SystemAdministrator)?;
        // Whoever was reset has filled it.
        let is_filled = self.people.iter().any(|p| p.roles.has(role) && p.has_come());
        if !Role::ADMINISTRATORS.contains(&role) || is_filled {
            return Err(Refusal::NotAllowed { name: by.into(), role: SecurityAdministrator });
        }
        let roles = Roles::new(self.separation, [role]).ok_or(Refusal::Excluded)?;
        let mut after = self.copy();
        // An invitation for the same place that nobody came with is void.
        let void = after.people.extract_if(.., |p| p.roles.has(role)).map(|p| p.name);
        after.gone.extend(void);
        after.add(name, roles, code, until, now)?;
        *self = after;
        Ok(())
    }

    /// Whoever stands before the box makes an administrator of this place, because all who could may have lost their way in.
    pub fn invite_present(
        &mut self,
        name: &str,
        role: Role,
        code: OneTimeCode,
        until: u64,
        now: u64,
    ) -> Result<(), Refusal> {
        if !Role::ADMINISTRATORS.contains(&role) {
            return Err(Refusal::NotAllowed { name: name.into(), role });
        }
        let roles: &[Role] = match (self.separation, role) {
            (Separation::One, SystemAdministrator | SecurityAdministrator) => {
                &[SystemAdministrator, SecurityAdministrator]
            }
            _ => &[role],
        };
        let roles = Roles::new(self.separation, roles.iter().copied()).ok_or(Refusal::Excluded)?;
        self.add(name, roles, code, until, now)
    }

    /// Who was invited comes with the code, a password, and an authenticator.
    pub fn accept(&mut self, name: &str, code: &str, factors: NewFactors<'_>, now: u64) -> Result<(), Refusal> {
        let person = self.find_mut(name).map_err(|_| Refusal::WrongCode)?;
        let Standing::Invited { code: kept, until } = &person.standing else { return Err(Refusal::WrongCode) };
        if !kept.is(code) || now >= *until {
            return Err(Refusal::WrongCode);
        }
        person.settle(factors, now)
    }

    /// Whether this code would let this person in.
    pub fn is_invited(&self, name: &str, code: &str, now: u64) -> bool {
        match self.find(name).map(|p| &p.standing) {
            Ok(Standing::Invited { code: kept, until }) => kept.is(code) && now < *until,
            _ => false,
        }
    }

    /// By a security administrator, who gives nothing to itself.
    pub fn grant(&mut self, by: &str, name: &str, roles: &[Role]) -> Result<(), Refusal> {
        self.needs(by, SecurityAdministrator)?;
        if by == name {
            return Err(Refusal::Oneself);
        }
        let roles = Roles::new(self.separation, roles.iter().copied()).ok_or(Refusal::Excluded)?;
        self.keeping_last(|people| {
            let person = people.find_mut(name)?;
            person.roles = roles;
            person.epoch += 1;
            Ok(())
        })
    }

    /// By a security administrator: from now on, until it is taken back, the person does not sign in.
    pub fn suspend(&mut self, by: &str, name: &str, suspended: bool) -> Result<(), Refusal> {
        self.needs(by, SecurityAdministrator)?;
        self.keeping_last(|people| {
            let person = people.find_mut(name)?;
            person.suspended = suspended;
            person.epoch += 1;
            Ok(())
        })
    }

    /// Password or authenticator are lost: the person comes again with a code. By a security administrator, for others.
    pub fn reset(&mut self, by: &str, name: &str, code: OneTimeCode, until: u64) -> Result<(), Refusal> {
        self.needs(by, SecurityAdministrator)?;
        if by == name {
            return Err(Refusal::Oneself);
        }
        let administers = Role::ADMINISTRATORS.into_iter().any(|role| self.roles_of(name).has(role));
        if self.separation == Separation::Three && administers {
            // Whoever has the code becomes that administrator: of three none makes itself another one.
            return Err(Refusal::ByPresence);
        }
        self.keeping_last(|people| {
            let person = people.find_mut(name)?;
            person.standing = Standing::Invited { code, until };
            person.epoch += 1;
            Ok(())
        })
    }

    /// By a system administrator. The name is nobody's any more.
    pub fn remove(&mut self, by: &str, name: &str) -> Result<(), Refusal> {
        self.needs(by, SystemAdministrator)?;
        self.keeping_last(|people| {
            people.find(name)?;
            people.people.retain(|p| p.name != name);
            people.gone.push(name.into());
            Ok(())
        })
    }

    /// One administrator becomes three: whoever had both keeps the system, and `name`, who is new, is to have its security. An
    /// operator's role goes, because none of the three has data of its own.
    pub fn separate(&mut self, by: &str, name: &str, code: OneTimeCode, until: u64, now: u64) -> Result<(), Refusal> {
        self.needs(by, SystemAdministrator)?;
        if self.separation == Separation::Three {
            return Err(Refusal::Separated);
        }
        let mut after = self.copy();
        after.separation = Separation::Three;
        for person in &mut after.people {
            let administers = Role::ADMINISTRATORS.into_iter().find(|role| person.roles.has(*role));
            if let Some(role) = administers {
                person.roles = Roles::new(Separation::Three, [role]).ok_or(Refusal::Excluded)?;
                person.epoch += 1;
            }
        }
        let roles = Roles::new(Separation::Three, [SecurityAdministrator]).ok_or(Refusal::Excluded)?;
        after.add(name, roles, code, until, now)?;
        *self = after;
        Ok(())
    }

    /// The change is made only if each administrators' role that somebody had is somebody's afterwards.
    fn keeping_last(&mut self, change: impl FnOnce(&mut People) -> Result<(), Refusal>) -> Result<(), Refusal> {
        let mut after = self.copy();
        change(&mut after)?;
        for role in Role::ADMINISTRATORS {
            let Some(before) = self.holder(role) else { continue };
            // An invitation stands for a person only as long as no person was there.
            let is_kept = after.holder(role).is_some_and(|holder| holder.is_settled() || !before.is_settled());
            if !is_kept {
                return Err(Refusal::Last { name: before.name.clone(), role });
            }
        }
        *self = after;
        Ok(())
    }

    fn roles_of(&self, name: &str) -> Roles {
        self.find(name).map_or(Roles::none(), |p| p.roles.clone())
    }

    /// Somebody who has this role, or will once the invitation is used.
    fn holder(&self, role: Role) -> Option<&Person> {
        let mut holders = self.people.iter().filter(|p| p.roles.has(role) && !p.suspended);
        holders.clone().find(|p| p.is_settled()).or_else(|| holders.next())
    }

    fn needs(&self, name: &str, role: Role) -> Result<(), Refusal> {
        let refused = Refusal::NotAllowed { name: name.into(), role };
        let person = self.find(name).map_err(|_| refused.clone())?;
        match person.roles.has(role) && person.is_settled() && !person.suspended {
            true => Ok(()),
            false => Err(refused),
        }
    }

    fn add(&mut self, name: &str, roles: Roles, code: OneTimeCode, until: u64, now: u64) -> Result<(), Refusal> {
        let is_taken = self.people.iter().any(|p| p.name == name) || self.gone.iter().any(|gone| gone == name);
        if is_taken {
            return Err(Refusal::Taken { name: name.into() });
        }
        let more = if roles == Roles::none() { 0 } else { ADMINISTRATORS_MORE };
        for (count, limit) in [(self.people.len(), PEOPLE_MAX), (self.gone.len(), GONE_MAX)] {
            if count >= limit + more {
                return Err(Refusal::Full { limit });
            }
        }
        self.people.push(Person::invited(name, roles, code, until, now)?);
        Ok(())
    }

    fn find(&self, name: &str) -> Result<&Person, Refusal> {
        self.people.iter().find(|p| p.name == name).ok_or_else(|| Refusal::Unknown { name: name.into() })
    }

    fn find_mut(&mut self, name: &str) -> Result<&mut Person, Refusal> {
        self.people.iter_mut().find(|p| p.name == name).ok_or_else(|| Refusal::Unknown { name: name.into() })
    }
}

impl Person {
    fn settle(&mut self, factors: NewFactors<'_>, now: u64) -> Result<(), Refusal> {
        let NewFactors { password, mut totp, code } = factors;
        if !totp.meet(code, now) {
            return Err(Refusal::WrongSecondFactor);
        }
        self.standing = Standing::Settled(Factors { password, password_set: now, totp, spare: Vec::new() });
        // Both factors were proven.
        self.last_sign_in = Some(now);
        self.epoch += 1;
        Ok(())
    }

    fn view(&self) -> PersonView {
        let factors = match &self.standing {
            Standing::Settled(factors) => Some(factors),
            Standing::Invited { .. } => None,
        };
        PersonView {
            name: self.name.clone(),
            roles: self.roles.clone(),
            is_settled: factors.is_some(),
            suspended: self.suspended,
            made: self.made,
            last_sign_in: self.last_sign_in,
            password_set: factors.map(|f| f.password_set),
            spare_codes: factors.map_or(0, |f| f.spare.len().min(FACTORS_MAX)),
        }
    }
}
