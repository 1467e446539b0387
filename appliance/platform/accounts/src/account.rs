//! One client of the box: its name, its role, its certificates.

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::role::Role;

/// Certificates of one account: the one in use, and those that were issued since and not yet used.
pub(crate) const CERTIFICATES_MAX: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) revoked: bool,
    pub(crate) certificates: Vec<Certificate>,
    /// Seconds since 1970, when its code was used; 0: before that was written down.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) enrolled: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Hexadecimal.
    pub serial: String,
    /// The client's key: a P-256 point, uncompressed, in hexadecimal.
    pub key: String,
    /// Seconds since 1970.
    pub expires: u64,
    /// It was used: it is on its client's side.
    pub confirmed: bool,
    /// Which of the box's authorities issued it; empty: before that was written down.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) authority: String,
    /// SHA-256 of all of it, hexadecimal, and when it was issued; empty and 0: before that was written down.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) fingerprint: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) issued: u64,
}

/// A certificate and whose it is, for those who look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientView {
    pub name: String,
    pub role: Role,
    pub serial: String,
    pub expires: u64,
    pub revoked: bool,
    pub confirmed: bool,
    /// An authority issued it that is not the box's any more.
    pub void: bool,
    /// SHA-256, hexadecimal; empty: it is not known.
    pub fingerprint: String,
    /// When the client was; 0: it is not known.
    pub enrolled: u64,
}

impl Account {
    /// `authority`: the box's.
    pub(crate) fn views(&self, authority: &str) -> impl Iterator<Item = ClientView> {
        self.certificates.iter().map(move |c| ClientView {
            name: self.name.clone(),
            role: self.role,
            serial: c.serial.clone(),
            expires: c.expires,
            revoked: self.revoked,
            confirmed: c.confirmed,
            void: c.authority != authority,
            fingerprint: c.fingerprint.clone(),
            enrolled: self.enrolled,
        })
    }

    /// The certificate that its client has used.
    pub(crate) fn in_use(&self) -> Option<&Certificate> {
        self.certificates.iter().find(|c| c.confirmed)
    }

    /// One more that was not yet used; the oldest of those gives way.
    pub(crate) fn issue(&mut self, certificate: Certificate) {
        if self.certificates.len() >= CERTIFICATES_MAX
            && let Some(oldest) = self.certificates.iter().position(|c| !c.confirmed)
        {
            self.certificates.remove(oldest);
        }
        self.certificates.push(certificate);
    }

    /// From now on it is the only one.
    pub(crate) fn confirm(&mut self, serial: &str) {
        self.certificates.retain(|c| c.serial == serial);
        self.certificates.iter_mut().for_each(|c| c.confirmed = true);
    }
}

impl Certificate {
    /// One that was just issued, for this key.
    pub fn new(serial: String, key: &[u8], expires: u64) -> Certificate {
        Certificate { serial, key: HEXLOWER.encode(key), expires, ..Certificate::default() }
    }

    /// With what people know it by. `der`: all of it; `now`: seconds since 1970.
    pub fn described(self, der: &[u8], now: u64) -> Certificate {
        Certificate { fingerprint: HEXLOWER.encode(digest(&SHA256, der).as_ref()), issued: now, ..self }
    }

    pub(crate) fn key(&self) -> Vec<u8> {
        HEXLOWER.decode(self.key.as_bytes()).unwrap_or_default()
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
