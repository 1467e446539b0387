//! Leases that are open: how many a peer may have, and when each ends. Pure: time comes in as a number.

use std::collections::BTreeMap;

/// Seconds. Whoever works longer with a key leases it again.
pub(crate) const VALID_S: u32 = 900;
/// Of one peer, at a time: as many as computed may have jobs and batches going on, and more.
const OPEN_MAX: usize = 256;

#[derive(Default)]
pub(crate) struct Leases {
    next: u64,
    /// By number: whose, and until when.
    open: BTreeMap<u64, (String, u64)>,
}

impl Leases {
    /// The number of a new one; `None`: the peer has as many as it may.
    pub(crate) fn begin(&mut self, peer: &str, now: u64) -> Option<u64> {
        self.open.retain(|_, (_, until)| *until > now);
        if self.open.values().filter(|(name, _)| name == peer).count() >= OPEN_MAX {
            return None;
        }
        self.next += 1;
        self.open.insert(self.next, (peer.into(), now + u64::from(VALID_S)));
        Some(self.next)
    }

    /// Whether the peer had it.
    pub(crate) fn end(&mut self, peer: &str, lease: u64) -> bool {
        let own = self.open.get(&lease).is_some_and(|(name, _)| name == peer);
        own && self.open.remove(&lease).is_some()
    }

    /// The peer is gone, and what it leased with it.
    pub(crate) fn end_all(&mut self, peer: &str) {
        self.open.retain(|_, (name, _)| name != peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leases_end_by_themselves_with_their_peer_or_when_they_are_given_back() {
        let mut leases = Leases::default();
        let first = leases.begin("a", 0).unwrap();
        assert!(!leases.end("b", first) && leases.end("a", first) && !leases.end("a", first));
        assert_eq!((0..1000).filter(|_| leases.begin("a", 0).is_some()).count(), OPEN_MAX);
        assert!(leases.begin("b", 0).is_some(), "one peer's are not another's");
        assert!(leases.begin("a", u64::from(VALID_S)).is_some());
        leases.end_all("a");
        assert_eq!((0..1000).filter(|_| leases.begin("a", 0).is_some()).count(), OPEN_MAX);
    }
}
