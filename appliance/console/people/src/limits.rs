//! How often somebody may try to sign in (GB/T 22239-2019, 8.1.4.1 b).

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

/// Wrong ones from one address to one name, after which that address waits.
const TRIES: u32 = 5;
const WAIT_S: u64 = 15 * 60;
/// From everywhere to one name: a botnet has many addresses.
const NAME_TRIES: u32 = 100;
/// Pairs that are remembered; beyond it the oldest is forgotten, which gives whoever has as many addresses nothing but tries.
const REMEMBERED: usize = 4096;
/// Households of one name that are remembered as its own.
const HOMES: usize = 8;

/// Until then, seconds of the same clock as the tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub u64);

/// Tries that were not right, as far as is known yet. In memory: a restart takes longer than what it would save.
#[derive(Debug, Default)]
pub struct Attempts {
    pairs: BTreeMap<(String, IpAddr), Tries>,
    names: BTreeMap<String, Tries>,
    /// From where somebody signed in before: what strangers try elsewhere keeps nobody out there.
    homes: BTreeMap<String, VecDeque<IpAddr>>,
}

#[derive(Clone, Copy, Debug)]
struct Tries {
    count: u32,
    last: u64,
}

impl Attempts {
    /// One more begins, if it may. It counts from now on, because others may begin before it is known to be wrong; [`Attempts::right`]
    /// takes it back. `now`: seconds of a clock that is never set.
    pub fn begin(&mut self, name: &str, from: IpAddr, now: u64) -> Result<(), Wait> {
        let from = household(from);
        let full = |tries: Option<&Tries>, limit| {
            tries.filter(|t| t.count >= limit && now < t.last + WAIT_S).map(|t| Wait(t.last + WAIT_S))
        };
        let pair = full(self.pairs.get(&(name.to_string(), from)), TRIES);
        let is_at_home = self.homes.get(name).is_some_and(|homes| homes.contains(&from));
        let any = full(self.names.get(name).filter(|_| !is_at_home), NAME_TRIES);
        if let Some(wait) = pair.or(any) {
            return Err(wait);
        }
        count(&mut self.pairs, (name.to_string(), from), now);
        count(&mut self.names, name.to_string(), now);
        Ok(())
    }

    /// Somebody stands before the box: all tries are forgotten.
    pub fn forget_all(&mut self) {
        (self.pairs, self.names) = Default::default();
    }

    /// Both factors were right: the name's tries are forgotten, and this is one of its homes.
    pub fn right(&mut self, name: &str, from: IpAddr) {
        self.names.remove(name);
        self.pairs.retain(|(tried, _), _| tried != name);
        let (from, homes) = (household(from), self.homes.entry(name.to_string()).or_default());
        homes.retain(|home| *home != from);
        homes.push_front(from);
        homes.truncate(HOMES);
    }
}

fn count<K: Ord + Clone>(table: &mut BTreeMap<K, Tries>, key: K, now: u64) {
    let tries = table.entry(key).or_insert(Tries { count: 0, last: now });
    // What was long ago counts no more.
    let before = if now < tries.last + WAIT_S { tries.count } else { 0 };
    *tries = Tries { count: before.saturating_add(1), last: now };
    if table.len() > REMEMBERED
        && let Some(oldest) = table.iter().min_by_key(|(_, tries)| tries.last).map(|(key, _)| key.clone())
    {
        table.remove(&oldest);
    }
}

/// Who has one address of IPv6 has 2^64 of them.
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn five_wrong_ones_and_a_quarter_of_an_hour() {
        let (mut attempts, here, there) = (Attempts::default(), address("10.0.0.7"), address("10.0.0.8"));
        // None is known to be wrong yet: they may all have begun at once.
        for now in 0..5 {
            assert_eq!(attempts.begin("li", here, now), Ok(()));
        }
        assert_eq!(attempts.begin("li", here, 5), Err(Wait(4 + WAIT_S)));
        // Not from elsewhere, and not for others.
        assert_eq!((attempts.begin("li", there, 5), attempts.begin("wang", here, 5)), (Ok(()), Ok(())));
        assert_eq!(attempts.begin("li", here, 4 + WAIT_S), Ok(()));
        let mut attempts = Attempts::default();
        for _ in 0..20 {
            assert_eq!(attempts.begin("li", here, 5), Ok(()));
            attempts.right("li", here);
        }
    }

    #[test]
    fn many_addresses_are_no_way_round_and_take_no_memory() {
        let mut attempts = full_name();
        assert!(attempts.begin("li", address("10.9.9.9"), 11).is_err());
        // One network of IPv6 is one address.
        let mut attempts = Attempts::default();
        for at in 0..TRIES as u16 {
            attempts.begin("li", IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, at]), 10).unwrap();
        }
        assert!(attempts.begin("li", address("2001:db8::ffff"), 11).is_err());
        for at in 0..2 * REMEMBERED as u32 {
            let _ = attempts.begin(&at.to_string(), IpAddr::from(at.to_be_bytes()), u64::from(at));
        }
        assert!(attempts.pairs.len() <= REMEMBERED && attempts.names.len() <= REMEMBERED);
    }

    #[test]
    fn strangers_keep_nobody_from_where_they_signed_in_before() {
        let (home, before) = (address("10.0.0.7"), address("10.0.0.9"));
        let mut attempts = full_name();
        attempts.homes = BTreeMap::from([("li".into(), VecDeque::from([home]))]);
        assert_eq!((attempts.begin("li", home, 11), attempts.begin("li", before, 11).is_err()), (Ok(()), true));
        // There, too, five are five.
        for _ in 1..TRIES {
            attempts.begin("li", home, 11).unwrap();
        }
        assert!(attempts.begin("li", home, 11).is_err());
        for at in 0..=HOMES as u8 {
            attempts.right("li", IpAddr::from([10, 0, 1, at]));
        }
        assert_eq!(attempts.homes["li"].len(), HOMES);
    }

    /// As many as count, from as many addresses.
    fn full_name() -> Attempts {
        let mut attempts = Attempts::default();
        for at in 0..NAME_TRIES {
            attempts.begin("li", IpAddr::from([0x2001, 0xdb8, 0, at as u16, 0, 0, 0, 1]), 10).unwrap();
        }
        attempts
    }
}
