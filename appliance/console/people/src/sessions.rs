//! Who is signed in now. In memory: a restart ends all of them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ring::digest::{SHA256, digest};
use secrets::Secret;

use crate::people::People;

/// Seconds without a sign of the person, unless it is set otherwise, and what it may be set to.
pub const IDLE_S: u64 = 10 * 60;
pub const IDLE_RANGE_S: std::ops::RangeInclusive<u64> = 5 * 60..=30 * 60;
/// Seconds in all.
const LONGEST_S: u64 = 8 * 3600;
/// Seconds for which a second factor counts for what is dangerous.
const PROVEN_S: u64 = 5 * 60;
const OF_ONE_MAX: usize = 8;
const MAX: usize = 512;

/// SHA-256 of what the browser has: who reads memory or a log cannot go on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionId([u8; 32]);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub name: String,
    /// Of the person's rights when it began: see [`People::epoch`].
    epoch: u64,
    pub began: u64,
    pub seen: u64,
    /// When a password and a second factor were proven last.
    proven: u64,
    pub from: IpAddr,
}

/// Why there is no session (any more).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    #[error("nobody is signed in here")]
    Unknown,
    #[error("signed out: nothing was done for {0} minutes")]
    Idle(u64),
    #[error("signed out: eight hours are the longest")]
    Long,
    #[error("signed out: the rights or the password were changed")]
    Changed,
}

/// All times are seconds of a clock that is never set.
#[derive(Debug)]
pub struct Sessions {
    open: BTreeMap<SessionId, Session>,
    idle_s: u64,
}

impl SessionId {
    /// Of the cookie's random bytes.
    pub fn of(secret: &Secret) -> SessionId {
        let mut id = [0; 32];
        id.copy_from_slice(digest(&SHA256, secret.expose()).as_ref());
        SessionId(id)
    }

    /// For a list of sessions: the first bytes tell one from another, and open nothing.
    pub fn short(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0[..8])
    }
}

impl Sessions {
    /// `idle_s`: within [`IDLE_RANGE_S`], or the nearest there is.
    pub fn new(idle_s: u64) -> Sessions {
        let idle_s = idle_s.clamp(*IDLE_RANGE_S.start(), *IDLE_RANGE_S.end());
        Sessions { open: BTreeMap::new(), idle_s }
    }

    /// Somebody has signed in. Of one person's sessions, and of all, the one that was quiet for longest makes room.
    pub fn open(&mut self, id: SessionId, name: &str, people: &People, from: IpAddr, now: u64) {
        let Some(epoch) = people.epoch(name) else { return };
        let (now_s, name) = (now, name.to_string());
        self.open.retain(|_, session| now_s < session.seen + LONGEST_S);
        while self.open.values().filter(|session| session.name == name).count() >= OF_ONE_MAX {
            self.end_quietest(Some(&name));
        }
        while self.open.len() >= MAX {
            self.end_quietest(None);
        }
        self.open.insert(id, Session { name, epoch, began: now, seen: now, proven: now, from });
    }

    /// Whose it is, if it goes on. `is_person`: something that a person did; a page that refreshes itself keeps nobody signed in.
    pub fn look(&mut self, id: SessionId, people: &People, is_person: bool, now: u64) -> Result<Session, Ended> {
        let session = self.open.get_mut(&id).ok_or(Ended::Unknown)?;
        let ended = if now >= session.began + LONGEST_S {
            Some(Ended::Long)
        } else if now >= session.seen + self.idle_s {
            Some(Ended::Idle(self.idle_s / 60))
        } else if people.epoch(&session.name) != Some(session.epoch) {
            Some(Ended::Changed)
        } else {
            None
        };
        if let Some(ended) = ended {
            self.open.remove(&id);
            return Err(ended);
        }
        if is_person {
            session.seen = now;
        }
        Ok(session.clone())
    }

    /// A password and a second factor were proven again.
    pub fn step_up(&mut self, id: SessionId, now: u64) {
        if let Some(session) = self.open.get_mut(&id) {
            session.proven = now;
        }
    }

    pub fn end(&mut self, id: SessionId) {
        self.open.remove(&id);
    }

    /// All of a person's but this one.
    pub fn end_others(&mut self, name: &str, but: Option<SessionId>) {
        self.open.retain(|id, session| session.name != name || Some(*id) == but);
    }

    pub fn of(&self, name: &str) -> Vec<(SessionId, Session)> {
        let own = self.open.iter().filter(|(_, session)| session.name == name);
        own.map(|(id, session)| (*id, session.clone())).collect()
    }

    fn end_quietest(&mut self, of: Option<&str>) {
        let candidates = self.open.iter().filter(|(_, session)| of.is_none_or(|name| session.name == name));
        if let Some(id) = candidates.min_by_key(|(_, session)| session.seen).map(|(id, _)| *id) {
            self.open.remove(&id);
        }
    }
}

impl Session {
    /// Whether what is dangerous may be done without proving anything again.
    pub fn is_proven(&self, now: u64) -> bool {
        now < self.proven + PROVEN_S
    }
}
