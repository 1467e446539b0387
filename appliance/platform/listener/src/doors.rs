//! Who may come in at a port, and who has to leave for it. Pure accounting: no socket, no clock; what came first has the lower number.
//!
//! A place costs a stranger nothing, so a newcomer always gets one of a stranger's: of those that have not finished their
//! handshake, from the address that has the most places, the oldest. Where all have finished, the one that has been without a
//! call for the longest makes room. Only where every place has a call going on is the newcomer turned away. A client has a share
//! whatever addresses it comes from, since an enrolled one can have a call go on for ever.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

/// A connection's number; later ones are higher.
pub(crate) type Id = u64;

pub(crate) struct Doors {
    all: usize,
    each: usize,
    client: usize,
    next: Id,
    inside: BTreeMap<Id, Guest>,
}

struct Guest {
    address: IpAddr,
    /// Once it is known.
    client: Option<String>,
    standing: Standing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Handshaking,
    /// Since this event.
    Idle(Id),
    /// So many calls going on.
    Busy(usize),
}

/// How many there are: in all, for one address, and for one client.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    pub all: usize,
    pub address: usize,
    pub client: usize,
}

/// What became of a newcomer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Free(Id),
    /// This other one has to leave for it.
    Instead(Id, Id),
    Full,
}

impl Doors {
    pub(crate) fn new(places: Places) -> Doors {
        let Places { all, address, client } = places;
        Doors { all, each: address, client, next: 0, inside: BTreeMap::new() }
    }

    pub(crate) fn knock(&mut self, address: IpAddr) -> Entry {
        let address = household(address);
        let leaving = if self.places(address) >= self.each {
            self.least_needed(|guest| guest.address == address)
        } else if self.inside.len() >= self.all {
            self.least_needed(|_| true)
        } else {
            let id = self.enter(address);
            return Entry::Free(id);
        };
        let Some(leaving) = leaving else { return Entry::Full };
        self.left(leaving);
        Entry::Instead(self.enter(address), leaving)
    }

    /// Its handshake is done, and this is who it is. Who has to leave for it: another of this client's, or itself.
    pub(crate) fn admitted(&mut self, id: Id, client: Option<&str>) -> Option<Id> {
        let own = |guest: &Guest| guest.client.as_deref() == client;
        let places = self.inside.values().filter(|g| own(g)).count();
        let leaving = match client.is_some() && places >= self.client {
            true => Some(self.least_needed(own).unwrap_or(id)),
            false => None,
        };
        self.stand(id, |_, now| Standing::Idle(now));
        if let Some(guest) = self.inside.get_mut(&id) {
            guest.client = client.map(str::to_string);
        }
        if let Some(leaving) = leaving {
            self.left(leaving);
        }
        leaving
    }

    /// A call has begun.
    pub(crate) fn called(&mut self, id: Id) {
        self.stand(id, |before, _| match before {
            Standing::Busy(calls) => Standing::Busy(calls + 1),
            _ => Standing::Busy(1),
        });
    }

    /// A call's answer is sent, or given up.
    pub(crate) fn answered(&mut self, id: Id) {
        self.stand(id, |before, now| match before {
            Standing::Busy(calls) if calls > 1 => Standing::Busy(calls - 1),
            _ => Standing::Idle(now),
        });
    }

    /// Its place is free; who has left before may be told of again.
    pub(crate) fn left(&mut self, id: Id) {
        self.inside.remove(&id);
    }

    fn enter(&mut self, address: IpAddr) -> Id {
        let id = self.tick();
        self.inside.insert(id, Guest { address, client: None, standing: Standing::Handshaking });
        id
    }

    fn stand(&mut self, id: Id, change: impl FnOnce(Standing, Id) -> Standing) {
        let now = self.tick();
        if let Some(guest) = self.inside.get_mut(&id) {
            guest.standing = change(guest.standing, now);
        }
    }

    fn tick(&mut self) -> Id {
        self.next += 1;
        self.next
    }

    fn places(&self, address: IpAddr) -> usize {
        self.inside.values().filter(|g| g.address == address).count()
    }

    fn least_needed(&self, among: impl Fn(&Guest) -> bool) -> Option<Id> {
        let rank = |id: &Id, guest: &Guest| match guest.standing {
            Standing::Handshaking => Some((0, usize::MAX - self.places(guest.address), *id)),
            Standing::Idle(since) => Some((1, 0, since)),
            Standing::Busy(_) => None,
        };
        let guests = self.inside.iter().filter(|(_, guest)| among(guest));
        guests.filter_map(|(id, guest)| Some((rank(id, guest)?, *id))).min().map(|(_, id)| id)
    }
}

/// Whoever has one IPv6 address has 2^64 of them.
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let mut bytes = v6.octets();
            bytes[8..].fill(0);
            Ipv6Addr::from(bytes).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn doors(all: usize, address: usize) -> Doors {
        Doors::new(Places { all, address, client: 3 })
    }

    fn at(host: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, host])
    }

    fn entered(entry: Entry) -> Id {
        match entry {
            Entry::Free(id) | Entry::Instead(id, _) => id,
            Entry::Full => panic!("full"),
        }
    }

    #[test]
    fn half_handshakes_never_shut_anybody_out() {
        let mut doors = doors(8, 4);
        let honest = entered(doors.knock(at(1)));
        doors.admitted(honest, None);
        let slow = entered(doors.knock(at(2)));
        // However many come from however many addresses, each takes the place of another half handshake.
        for round in 0..100 {
            let entry = doors.knock(at(3 + round % 2));
            assert!(!matches!(entry, Entry::Full | Entry::Instead(_, _)) || round >= 6, "{entry:?}");
            assert!(!matches!(entry, Entry::Instead(_, out) if out == honest || out == slow), "{entry:?}");
        }
        assert!(matches!(doors.knock(at(5)), Entry::Instead(_, out) if out != honest && out != slow));
    }

    #[test]
    fn an_address_has_a_share_and_idle_ones_make_room() {
        let mut doors = doors(8, 2);
        let (first, second) = (entered(doors.knock(at(1))), entered(doors.knock(at(1))));
        for id in [first, second] {
            assert_eq!(doors.admitted(id, None), None);
        }
        doors.called(first);
        assert_eq!(doors.knock(at(1)), Entry::Instead(doors.next, second));
        let third = doors.next;
        doors.admitted(third, None);
        doors.called(third);
        assert_eq!(doors.knock(at(1)), Entry::Full);
        assert!(matches!(doors.knock(at(2)), Entry::Free(_)));
        doors.called(third);
        doors.answered(third);
        assert_eq!(doors.knock(at(1)), Entry::Full);
        doors.answered(third);
        assert!(matches!(doors.knock(at(1)), Entry::Instead(_, out) if out == third));
        let six = |last: u8| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, u16::from(last)]);
        for last in [1, 2] {
            entered(doors.knock(six(last)));
        }
        assert!(matches!(doors.knock(six(3)), Entry::Instead(..)));
    }

    #[test]
    fn a_client_has_a_share_from_wherever_it_comes() {
        let mut doors = doors(8, 4);
        let enter = |doors: &mut Doors, host, client| {
            let id = entered(doors.knock(at(host)));
            (id, doors.admitted(id, Some(client)))
        };
        let (first, second, third) =
            (enter(&mut doors, 1, "a").0, enter(&mut doors, 2, "a").0, enter(&mut doors, 3, "a").0);
        assert_eq!(enter(&mut doors, 4, "b").1, None);
        [first, second].into_iter().for_each(|id| doors.called(id));
        let (fourth, leaving) = enter(&mut doors, 4, "a");
        assert_eq!(leaving, Some(third));
        doors.called(fourth);
        let (fifth, leaving) = enter(&mut doors, 4, "a");
        assert_eq!((leaving, doors.inside.contains_key(&fifth)), (Some(fifth), false));
        assert_eq!(doors.inside.len(), 4);
    }

    proptest! {
        #[test]
        fn places_are_never_exceeded_and_calls_never_interrupted(events in prop::collection::vec((0u8..5, 0u8..5, 0usize..12), 0..400)) {
            let mut doors = doors(10, 4);
            let mut known: Vec<Id> = Vec::new();
            let mut calls: BTreeMap<Id, usize> = BTreeMap::new();
            for (event, host, which) in events {
                let id = known.get(which % known.len().max(1)).copied();
                match (event, id) {
                    (0, _) | (_, None) => match doors.knock(at(host)) {
                        Entry::Free(id) => known.push(id),
                        Entry::Instead(id, out) => {
                            prop_assert!(!calls.contains_key(&out), "one with a call was shown out");
                            known.retain(|k| *k != out);
                            known.push(id);
                        }
                        Entry::Full => prop_assert!(calls.len() >= 4),
                    },
                    (1, Some(id)) if !calls.contains_key(&id) => _ = doors.admitted(id, None),
                    (2, Some(id)) => {
                        doors.called(id);
                        *calls.entry(id).or_default() += 1;
                    }
                    (3, Some(id)) if calls.contains_key(&id) => {
                        doors.answered(id);
                        let left = calls.get_mut(&id).unwrap();
                        *left -= 1;
                        if *left == 0 { calls.remove(&id); }
                    }
                    (4, Some(id)) => {
                        doors.left(id);
                        calls.remove(&id);
                        known.retain(|k| *k != id);
                    }
                    _ => {}
                }
                prop_assert_eq!(doors.inside.len(), known.len());
                prop_assert!(known.len() <= 10);
                for host in 0..5 { prop_assert!(doors.places(at(host)) <= 4); }
            }
        }
    }
}
