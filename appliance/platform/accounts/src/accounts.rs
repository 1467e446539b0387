//! All accounts and open codes of a box. A change is made on a copy, written down, and then takes the place of the old one: so
//! what was answered is on the disk, and what was not is nowhere.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::account::{Account, Certificate, ClientView};
use crate::role::Role;
use crate::statement::{Action, Claim, enrolment, is_signed_by_client, is_signed_by_code, proof};

/// Accounts that are in force; and all, with those that were revoked, whose names are nobody's for ever.
const ACCOUNTS_MAX: usize = 1000;
const NAMES_MAX: usize = 10_000;
const CODES_MAX: usize = 32;
/// How long a code may be open, in seconds: a minute to a week.
const CODE_MIN_S: u32 = 60;
const CODE_MAX_S: u32 = 7 * 24 * 3600;
const NAME_MAX: usize = 64;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    accounts: Vec<Account>,
    codes: Vec<Code>,
    /// The box's, as [`Accounts::settle`] was told; certificates of others are void.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    authority: String,
}

/// A code that is open, bound to a name and a role. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    name: String,
    role: Role,
    /// Its public key, in hexadecimal.
    key: String,
    /// From when to when it is good: a clock that was set back makes none good again.
    #[serde(default)]
    made: u64,
    until: u64,
}

/// Of certificates that were issued before their authority was written down, by one that is gone.
const UNKNOWN_AUTHORITY: &str = "unknown";
/// What a clock may be set back by without a code that was just made being void.
const CLOCK_SLACK_S: u64 = 60;

/// Why an account does not change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("a client's name has 1 to {NAME_MAX} letters, digits, '-', '_' and '.'; {name:?} has not")]
    Name { name: String },
    #[error("the name {name} belongs to a client already, and to no other ever")]
    Taken { name: String },
    #[error("a code is open for {CODE_MIN_S} to {CODE_MAX_S} seconds, not {valid_s}")]
    Validity { valid_s: u32 },
    #[error("the box has {ACCOUNTS_MAX} clients, its limit")]
    Full,
    #[error("{CODES_MAX} codes are open, the limit: wait until one is used or expires")]
    CodesFull,
    #[error("the code is wrong, used up or expired")]
    WrongCode,
    #[error("the code is for the client {expected}, not {given}")]
    OtherName { expected: String, given: String },
    #[error("there is no client {name:?} with a certificate in use")]
    Unknown { name: String },
    #[error("there is no certificate {serial:?}")]
    NoCertificate { serial: String },
    #[error("the client {name} is revoked")]
    Revoked { name: String },
    #[error("the certificate of {name} has expired: renew it")]
    Expired { name: String },
    #[error("the certificate of {name} is void: the box has a new identity; coffer renew --pin brings another one")]
    Void { name: String },
    #[error("the proof is not {name}'s, or is for something else")]
    Proof { name: String },
    #[error("not allowed to a client with the role {}", role.name())]
    Role { role: Role },
    #[error("an administrator does not revoke itself")]
    Itself,
}

/// Whoever showed a code that is open: its name and role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    pub name: String,
    pub role: Role,
    code: String,
}

impl Admitted {
    /// The public key of the code.
    pub fn code_key(&self) -> Vec<u8> {
        HEXLOWER.decode(self.code.as_bytes()).unwrap_or_default()
    }
}

impl Accounts {
    /// No administrator has a certificate that counts or may still count: whoever stands before the box becomes one.
    pub fn is_unprovisioned(&self, now: u64) -> bool {
        let counts = |c: &Certificate| c.authority == self.authority && (c.confirmed || c.expires > now);
        let administers = |a: &Account| !a.revoked && a.role == Role::Administrator;
        !self.accounts.iter().any(|a| administers(a) && a.certificates.iter().any(counts))
    }

    /// The box's authority is this one from now on; `is_new`: it was made in this start. The clients in force whose certificates
    /// became void by it: their names stay theirs, and with their keys they get new certificates.
    pub fn settle(&mut self, authority: &str, is_new: bool) -> Vec<String> {
        let before = self.void();
        let unsaid = if is_new { UNKNOWN_AUTHORITY } else { authority };
        let certificates = self.accounts.iter_mut().flat_map(|a| a.certificates.iter_mut());
        certificates.filter(|c| c.authority.is_empty()).for_each(|c| c.authority = unsaid.into());
        self.authority = authority.into();
        self.void().into_iter().filter(|name| !before.contains(name)).collect()
    }

    /// The clients in force none of whose certificates is of the box's authority.
    pub fn void(&self) -> Vec<String> {
        let is_void = |a: &&Account| {
            !a.revoked && !a.certificates.is_empty() && a.certificates.iter().all(|c| c.authority != self.authority)
        };
        self.accounts.iter().filter(is_void).map(|a| a.name.clone()).collect()
    }

    /// The clock was set forward by so many seconds, or back: a code is open for as long as it was going to be.
    pub fn shift_codes(&mut self, by_s: i64) {
        for code in &mut self.codes {
            code.made = code.made.saturating_add_signed(by_s);
            code.until = code.until.saturating_add_signed(by_s);
        }
    }

    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// Every certificate, by serial number.
    pub fn views(&self) -> Vec<ClientView> {
        let mut views: Vec<ClientView> = self.accounts.iter().flat_map(|a| a.views(&self.authority)).collect();
        views.sort_by(|a, b| a.serial.cmp(&b.serial));
        views
    }

    /// Whether a client of this name exists and is not revoked.
    pub fn is_in_force(&self, name: &str) -> bool {
        self.find(name).is_some_and(|a| !a.revoked)
    }

    /// Whether a code may be made for this name.
    pub fn is_free(&self, name: &str) -> bool {
        self.admits(name).is_ok()
    }

    pub fn role_of(&self, name: &str) -> Result<Role, Refused> {
        self.find(name).map(|a| a.role).ok_or_else(|| Refused::Unknown { name: name.into() })
    }

    /// Opens a code, by its public key; an older one for the same name is void. Until when it is open.
    pub fn open_code(&mut self, now: u64, name: &str, role: Role, key: &[u8], valid_s: u32) -> Result<u64, Refused> {
        self.admits(name)?;
        if !(CODE_MIN_S..=CODE_MAX_S).contains(&valid_s) {
            return Err(Refused::Validity { valid_s });
        }
        self.codes.retain(|c| c.is_open(now) && c.name != name);
        if self.codes.len() >= CODES_MAX {
            return Err(Refused::CodesFull);
        }
        let until = now + u64::from(valid_s);
        self.codes.push(Code { name: name.into(), role, key: HEXLOWER.encode(key), made: now, until });
        Ok(until)
    }

    /// The code with this public key was shown for something else: it lets nobody in.
    pub fn close_code(&mut self, key: &[u8]) {
        let key = HEXLOWER.encode(key);
        self.codes.retain(|c| c.key != key);
    }

    /// No code makes an administrator any more.
    pub fn close_administrators_codes(&mut self) {
        self.codes.retain(|c| c.role != Role::Administrator);
    }

    /// A client in force is an administrator.
    pub fn has_administrator(&self) -> bool {
        self.accounts.iter().any(|a| !a.revoked && a.role == Role::Administrator)
    }

    /// Whose code signed this certificate request. `name`: what the client says it is called, or nothing.
    pub fn admit(&self, now: u64, name: &str, csr: &[u8], valid_s: u32, signature: &[u8]) -> Result<Admitted, Refused> {
        let statement = enrolment(csr, valid_s);
        let signs = |code: &&Code| {
            let key = HEXLOWER.decode(code.key.as_bytes()).unwrap_or_default();
            is_signed_by_code(&statement, signature, &key)
        };
        let code = self.codes.iter().filter(|c| c.is_open(now)).find(signs).ok_or(Refused::WrongCode)?;
        if !name.is_empty() && name != code.name {
            return Err(Refused::OtherName { expected: code.name.clone(), given: name.into() });
        }
        Ok(Admitted { name: code.name.clone(), role: code.role, code: code.key.clone() })
    }

    /// The certificate that was issued to whoever was admitted; what the code brought before is void.
    pub fn enrol(&mut self, admitted: &Admitted, certificate: Certificate) -> Result<(), Refused> {
        let certificate = self.issued(certificate);
        if !self.codes.iter().any(|c| c.key == admitted.code && c.name == admitted.name) {
            return Err(Refused::WrongCode);
        }
        match self.accounts.iter_mut().find(|a| a.name == admitted.name) {
            Some(account) => {
                account.role = admitted.role;
                account.enrolled = certificate.issued;
                // Nobody has used one of this account: what this code or an older one brought is void.
                account.certificates.retain(|c| c.confirmed);
                account.issue(certificate);
            }
            None => {
                let (name, role) = (admitted.name.clone(), admitted.role);
                let enrolled = certificate.issued;
                self.accounts.push(Account { name, role, revoked: false, certificates: vec![certificate], enrolled });
            }
        }
        Ok(())
    }

    /// The certificate was used. Whether that changes anything.
    pub fn confirm(&mut self, serial: &str) -> Result<bool, Refused> {
        let account = self.of_certificate(serial)?;
        if account.certificates.iter().any(|c| c.serial == serial && c.confirmed) {
            return Ok(false);
        }
        account.confirm(serial);
        let name = account.name.clone();
        self.codes.retain(|c| c.name != name);
        Ok(true)
    }

    /// One more certificate for a client that proved to be itself; the old one counts until this one is used.
    pub fn renew(&mut self, name: &str, certificate: Certificate) -> Result<(), Refused> {
        let certificate = self.issued(certificate);
        let account = self.accounts.iter_mut().find(|a| a.name == name && !a.revoked);
        account.ok_or_else(|| Refused::Unknown { name: name.into() })?.issue(certificate);
        Ok(())
    }

    /// Ends everything of the client that has this certificate: its name is nobody's any more. Its name.
    pub fn revoke(&mut self, by: &str, serial: &str) -> Result<String, Refused> {
        let account = self.of_certificate(serial)?;
        if account.name == by {
            return Err(Refused::Itself);
        }
        account.revoked = true;
        let name = account.name.clone();
        self.codes.retain(|c| c.name != name);
        Ok(name)
    }

    /// That the claim is its client's own, who is in force and has a role of `roles`. A certificate that has expired, or is void,
    /// is good enough for its own renewal.
    pub fn check(&self, now: u64, claim: &Claim<'_>, signature: &[u8], roles: &[Role]) -> Result<(), Refused> {
        let name = || claim.client.to_string();
        let account = self.find(claim.client).ok_or_else(|| Refused::Unknown { name: name() })?;
        let certificate = account.in_use().ok_or_else(|| Refused::Unknown { name: name() })?;
        if !is_signed_by_client(&proof(claim), signature, &certificate.key()) {
            return Err(Refused::Proof { name: name() });
        }
        if account.revoked {
            return Err(Refused::Revoked { name: name() });
        }
        let renews = matches!(claim.action, Action::Renew { .. });
        if certificate.authority != self.authority && !renews {
            return Err(Refused::Void { name: name() });
        }
        if certificate.expires <= now && !renews {
            return Err(Refused::Expired { name: name() });
        }
        if !roles.contains(&account.role) {
            return Err(Refused::Role { role: account.role });
        }
        Ok(())
    }

    /// Whether a code may be made for this name: it owns keys and jobs by it, so none is ever given twice.
    fn admits(&self, name: &str) -> Result<(), Refused> {
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || name.len() > NAME_MAX || !name.chars().all(fine) {
            return Err(Refused::Name { name: name.chars().take(NAME_MAX).collect() });
        }
        match self.find(name) {
            // A certificate that nobody has used may never have arrived.
            Some(account) if account.revoked || account.in_use().is_some() => Err(Refused::Taken { name: name.into() }),
            Some(_) => Ok(()),
            None if self.is_full() => Err(Refused::Full),
            None => Ok(()),
        }
    }

    /// Whether there is no place for one more client.
    pub fn is_full(&self) -> bool {
        let in_force = self.accounts.iter().filter(|a| !a.revoked).count();
        in_force >= ACCOUNTS_MAX || self.accounts.len() >= NAMES_MAX
    }

    fn issued(&self, certificate: Certificate) -> Certificate {
        Certificate { authority: self.authority.clone(), ..certificate }
    }

    fn find(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.name == name)
    }

    fn of_certificate(&mut self, serial: &str) -> Result<&mut Account, Refused> {
        let has = |a: &&mut Account| a.certificates.iter().any(|c| c.serial == serial);
        self.accounts.iter_mut().find(has).ok_or_else(|| Refused::NoCertificate { serial: serial.into() })
    }
}

impl Code {
    fn is_open(&self, now: u64) -> bool {
        self.made <= now.saturating_add(CLOCK_SLACK_S) && now < self.until
    }
}
