//! Who reads the log, from a proof to the last page: a token for each, good for a while. Pure: time and tokens come in.

use std::collections::BTreeMap;

use crate::pages::Place;

/// Seconds after its last page.
const VALID_S: u64 = 600;
const READING_MAX: usize = 32;

#[derive(Default)]
pub(crate) struct Readers(BTreeMap<u64, Reading>);

struct Reading {
    /// The service that asks for somebody.
    peer: String,
    until: u64,
    at: Option<Place>,
}

impl Readers {
    /// Whoever began to read longest ago gives way.
    pub(crate) fn begin(&mut self, token: u64, peer: &str, now: u64) {
        self.0.retain(|_, reading| reading.until > now);
        if self.0.len() >= READING_MAX
            && let Some((&oldest, _)) = self.0.iter().min_by_key(|(_, reading)| reading.until)
        {
            self.0.remove(&oldest);
        }
        self.0.insert(token, Reading { peer: peer.into(), until: now + VALID_S, at: None });
    }

    /// Where the reader of this token is; `None`: there is no such reader.
    pub(crate) fn place(&self, token: u64, peer: &str, now: u64) -> Option<Option<Place>> {
        self.0.get(&token).filter(|r| r.peer == peer && r.until > now).map(|r| r.at)
    }

    pub(crate) fn went_on(&mut self, token: u64, at: Place, now: u64) {
        if let Some(reading) = self.0.get_mut(&token) {
            (reading.at, reading.until) = (Some(at), now + VALID_S);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_its_peers_for_a_while_and_there_are_so_many() {
        let mut readers = Readers::default();
        readers.begin(7, "computed", 0);
        assert!(readers.place(7, "computed", 1).is_some() && readers.place(7, "other", 1).is_none());
        assert!(readers.place(8, "computed", 1).is_none() && readers.place(7, "computed", VALID_S).is_none());
        for token in 0..1000 {
            readers.begin(token, "computed", token);
        }
        assert!(readers.0.len() <= READING_MAX && readers.place(999, "computed", 999).is_some());
    }
}
