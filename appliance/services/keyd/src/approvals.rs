//! What one person asked for and another one has not yet agreed to, or has and is fetching. In memory alone: a start forgets it, and it
//! is asked for again. Pure: time comes in as seconds since the start, which nobody sets.

use std::collections::BTreeMap;
use std::ops::Bound;

use ipc::keyd::{Asked, Deed, REQUESTS_LISTED};
use ipc::people::OpenRequest;
use key_backup::{BackupKey, Half, Header};

use crate::KeydError;
use crate::error::{busy, not_allowed, not_found};

/// How long a request is open, in seconds.
pub(crate) const OPEN_S: u64 = 24 * 3600;
/// Of all, and of one person.
const OPEN_MAX: usize = 32;
const OPEN_PERSON: usize = 8;

#[derive(Default)]
pub(crate) struct Approvals(BTreeMap<String, Open>);

struct Open {
    asked: Asked,
    /// Seconds since the start.
    until: u64,
    matter: Matter,
}

/// What is kept for a request.
pub(crate) enum Matter {
    Destroy,
    /// Once it was agreed to: the header, and the entries.
    Backup(Vec<Vec<u8>>),
    /// One half, and whose; once it was agreed to, the key.
    Restore(Box<Restore>),
}

pub(crate) struct Restore {
    pub(crate) header: Header,
    pub(crate) half: Half,
    /// Of the two in the header.
    pub(crate) is: usize,
    pub(crate) key: Option<BackupKey>,
}

impl Approvals {
    pub(crate) fn ask(&mut self, asked: Asked, matter: Matter, now: u64) -> Result<(), KeydError> {
        self.0.retain(|_, open| open.until > now);
        if self.0.values().filter(|open| open.asked.by == asked.by).count() >= OPEN_PERSON {
            return Err(busy(format!("{} has {OPEN_PERSON} requests open, the limit", asked.by)));
        }
        if self.0.len() >= OPEN_MAX {
            return Err(busy(format!("{OPEN_MAX} requests are open, the limit")));
        }
        self.0.insert(asked.id.as_str().into(), Open { asked, until: now + OPEN_S, matter });
        Ok(())
    }

    pub(crate) fn list(&self, after: &str, now: u64) -> Vec<Asked> {
        let later = self.0.range::<str, _>((Bound::Excluded(after), Bound::Unbounded));
        let open = later.filter(|(_, open)| open.until > now);
        open.map(|(_, open)| open.asked.clone()).take(REQUESTS_LISTED).collect()
    }

    /// What is open about this key: its end, or else something else.
    pub(crate) fn about(&self, key: &str, now: u64) -> Option<OpenRequest> {
        let names = |open: &&Open| open.until > now && open.asked.keys.as_slice().iter().any(|named| named.id == *key);
        let open = self.0.values().filter(names).min_by_key(|open| open.asked.deed != Deed::Destroy)?;
        let Asked { id, deed, by, until, approved, .. } = open.asked.clone();
        Some(OpenRequest { id, deed, by, until, approved })
    }

    /// A request that nobody has agreed to yet.
    pub(crate) fn open(&self, id: &str, now: u64) -> Result<Asked, KeydError> {
        match self.0.get(id) {
            Some(open) if open.until > now && open.asked.approved => {
                Err(not_allowed(format!("request {id} was agreed to already: it is good once")))
            }
            Some(open) if open.until > now => Ok(open.asked.clone()),
            _ => Err(none(id)),
        }
    }

    /// Nobody else agrees to it from now on.
    pub(crate) fn agree(&mut self, id: &str, now: u64) -> Result<&mut Matter, KeydError> {
        self.open(id, now)?;
        let open = self.0.get_mut(id).ok_or_else(|| none(id))?;
        open.asked.approved = true;
        Ok(&mut open.matter)
    }

    /// It came to nothing: it is open again.
    pub(crate) fn reopen(&mut self, id: &str) {
        if let Some(open) = self.0.get_mut(id) {
            open.asked.approved = false;
        }
    }

    /// What is kept for a request that was agreed to.
    pub(crate) fn agreed(&mut self, id: &str, now: u64) -> Result<&mut Matter, KeydError> {
        match self.0.get_mut(id) {
            Some(open) if open.until > now && open.asked.approved => Ok(&mut open.matter),
            Some(open) if open.until > now => {
                Err(not_allowed(format!("request {id} waits for a second administrator: coffer approve {id}")))
            }
            _ => Err(none(id)),
        }
    }

    pub(crate) fn close(&mut self, id: &str) {
        self.0.remove(id);
    }
}

fn none(id: &str) -> KeydError {
    not_found(format!("there is no request {id:?}: it was done, has expired, or the box has restarted since"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipc::keyd::Refusal;
    use ipc::{Bytes, List, Name};

    fn asked(id: usize, by: &str) -> Asked {
        let (keys, data) = (List::default(), Bytes::default());
        let (id, by) = (Name::shortened(&format!("{id:04}")), Name::shortened(by));
        Asked { id, deed: Deed::Destroy, by, until: 0, keys, data, approved: false }
    }

    #[test]
    fn a_request_is_open_for_a_day_and_good_once() {
        let mut approvals = Approvals::default();
        approvals.ask(asked(1, "a"), Matter::Destroy, 0).unwrap();
        assert!(approvals.agreed("0001", 0).is_err() && approvals.open("0002", 0).is_err());
        assert!(approvals.agree("0001", OPEN_S - 1).is_ok());
        assert!(matches!(approvals.agree("0001", 0), Err(KeydError::Refused(Refusal::NotAllowed(_)))));
        assert!(approvals.agreed("0001", 0).is_ok());
        approvals.reopen("0001");
        assert!(approvals.open("0001", OPEN_S - 1).is_ok() && approvals.open("0001", OPEN_S).is_err());
        assert!(approvals.list("", OPEN_S).is_empty());
        approvals.close("0001");
        assert!(approvals.open("0001", 0).is_err());
    }

    #[test]
    fn they_are_so_many_and_listed_page_by_page() {
        let mut approvals = Approvals::default();
        let people = ["a", "b", "c", "d", "e"];
        let taken = (0..40).filter(|n| approvals.ask(asked(*n, people[n / 10]), Matter::Destroy, 0).is_ok()).count();
        assert_eq!(taken, OPEN_PERSON * 4);
        assert!(approvals.ask(asked(50, "e"), Matter::Destroy, 0).is_err(), "of all");
        assert!(approvals.ask(asked(50, "e"), Matter::Destroy, OPEN_S).is_ok(), "the others have expired");
        let page = approvals.list("", 0);
        assert_eq!(page.len(), 1);
    }
}
